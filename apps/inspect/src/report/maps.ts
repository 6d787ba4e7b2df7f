// The forget-gate matrix F = exp(D) beside the attention that comes of it, for heads that differ. [FoX v2, visualisation of F and A]

import { heatmap, type Section } from '@vulpes/charts';
import { createDecayMap } from '../inspection/half-life.ts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { chooseSpreadHeads, listHeads, type NamedHead } from './heads.ts';

const CHOSEN = 4;
/** log10 of the least weight that shows. */
const DARKEST = -4;

export function mapSections(inspection: ModelInspection): Section[] {
  const heads = chooseSpreadHeads(listHeads(inspection), CHOSEN);
  return [
    {
      heading: 'Forget gates and attention',
      text: 'From the longest memory to the shortest. Above, F: what is left of each key at each query. Below, the attention weights themselves, the largest of each cell, on a logarithmic scale.',
      svg: [
        picture(inspection, heads, {
          title: 'F = exp(D)',
          color: { label: 'F', domain: [0, 1] },
          valuesOf: ({ logLambda }) =>
            createDecayMap(logLambda, inspection.positions).map(Math.exp),
        }),
        picture(inspection, heads, {
          title: 'Attention weights',
          color: { label: 'log10 of the weight', domain: [DARKEST, 0] },
          valuesOf: ({ attention }) =>
            attention.map((weight) => Math.log10(Math.max(weight, 1e-30))),
        }),
      ],
    },
  ];
}

function picture(
  { seqLen, positions }: ModelInspection,
  heads: readonly NamedHead[],
  options: {
    title: string;
    color: { label: string; domain: readonly [number, number] };
    valuesOf: (head: NamedHead) => Float32Array;
  },
): string {
  const axis = { unit: 'tokens', domain: [0, seqLen] as const };
  return heatmap({
    title: options.title,
    x: { label: 'key', ...axis },
    y: { label: 'query', ...axis },
    color: options.color,
    columns: positions.length,
    isCausal: true,
    panels: heads.map((head) => ({ name: head.name, values: options.valuesOf(head) })),
  });
}
