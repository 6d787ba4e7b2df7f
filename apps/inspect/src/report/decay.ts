// Decay maps of every head with both pruning boundaries, a picture a layer. [ACP v2, Fig. 1]

import { type HeatmapPanel, heatmap, type Section } from '@vulpes/charts';
import { createDecayMap } from '../inspection/half-life.ts';
import type { HeadInspection, LayerInspection, ModelInspection } from '../inspection/inspection.ts';

/** Nats: below it a map is all dark. */
const DARKEST = -40;

export function decaySections(inspection: ModelInspection): Section[] {
  return inspection.layers.map((layer, i) => ({
    heading: `Decay in layer ${layer.layer}`,
    ...(i === 0 && {
      text: 'D, the sum of the log gates between a key and a query: the logarithm of what is left of the key. Light is remembered, dark forgotten. What lies left of a boundary is never computed.',
    }),
    svg: decayPicture(inspection, layer),
  }));
}

/** One layer; several panels in a row. */
export function decayPicture(
  inspection: ModelInspection,
  { layer, heads }: LayerInspection,
): string {
  const { seqLen } = inspection;
  const axis = { unit: 'tokens', domain: [0, seqLen] as const };
  return heatmap({
    title: `Decay maps of layer ${layer}, with pruning boundaries`,
    x: { label: 'key', ...axis },
    y: { label: 'query', ...axis },
    color: { label: 'D (nats)', domain: [DARKEST, 0] },
    columns: inspection.positions.length,
    isCausal: true,
    panels: heads.map((head) => panelOf(inspection, head)),
  });
}

function panelOf(inspection: ModelInspection, head: HeadInspection): HeatmapPanel {
  return {
    name: `head ${head.head}`,
    values: createDecayMap(head.logLambda, inspection.positions),
    lines: {
      paper: staircase(head.paper.startIndex, inspection),
      certified: staircase(head.certified.startIndex, inspection),
    },
  };
}

/** First kept key along the rows of each query block. */
const staircase = (startIndex: Int32Array, { blocks, seqLen }: ModelInspection) =>
  Array.from(startIndex).flatMap((x, m) => [
    { x, y: m * blocks.blockM },
    { x, y: Math.min(seqLen, (m + 1) * blocks.blockM) },
  ]);
