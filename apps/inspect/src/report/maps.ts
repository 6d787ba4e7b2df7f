// The forget-gate matrix F = exp(D) beside the attention that comes of it, for heads that differ. [FoX v2, visualisation of F and A]

import { type Heatmap, heatmap, type Section } from '@vulpes/charts';
import { createDecayMap } from '../inspection/half-life.ts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { chooseSpreadHeads, listHeads } from './heads.ts';

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
        mapPicture(inspection, {
          title: 'F = exp(D)',
          color: { label: 'F', domain: [0, 1] },
          panels: heads.map(({ name, logLambda }) => {
            const decay = createDecayMap(logLambda, inspection.positions);
            return { name, values: decay.map(Math.exp) };
          }),
        }),
        mapPicture(inspection, {
          title: 'Attention weights',
          color: { label: 'log10 of the weight', domain: [DARKEST, 0] },
          panels: heads.map(({ name, attention }) => {
            return { name, values: attention.map((w) => Math.log10(Math.max(w, 1e-30))) };
          }),
        }),
      ],
    },
  ];
}

/** Maps of the text against itself, keys to the right and queries downwards. */
export function mapPicture(
  { seqLen, positions }: ModelInspection,
  picture: Pick<Heatmap, 'title' | 'color' | 'panels'>,
): string {
  const axis = { unit: 'tokens', domain: [0, seqLen] as const };
  const [x, y] = [
    { label: 'key', ...axis },
    { label: 'query', ...axis },
  ];
  return heatmap({ ...picture, x, y, columns: positions.length, isCausal: true });
}
