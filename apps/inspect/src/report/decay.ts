// Decay maps of every head with both pruning boundaries, a picture a layer. [ACP v2, Fig. 1]

import type { HeatmapPanel, Section } from '@vulpes/charts';
import { createDecayMap } from '../inspection/half-life.ts';
import type { HeadInspection, ModelInspection } from '../inspection/inspection.ts';
import { mapPicture } from './maps.ts';

/** Nats: below it a map is all dark. */
const DARKEST = -40;

export function decaySections(inspection: ModelInspection): Section[] {
  return inspection.layers.map((layer, i) => ({
    heading: `Decay in layer ${layer.layer}`,
    ...(i === 0 && {
      text: 'D, the sum of the log gates between a key and a query: the logarithm of what is left of the key. Light is remembered, dark forgotten. What lies left of a boundary is never computed.',
    }),
    svg: mapPicture(inspection, {
      title: `Decay maps of layer ${layer.layer}, with pruning boundaries`,
      color: { label: 'D (nats)', domain: [DARKEST, 0] },
      panels: layer.heads.map((head) => panelOf(inspection, head)),
    }),
  }));
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
