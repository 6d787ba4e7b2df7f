// How far back heads look: the share of attention weight within a distance.

import { lineChart, type Section } from '@vulpes/charts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { chooseSpreadHeads, listHeads } from './heads.ts';

const CHOSEN = 6;

export function reachSection(inspection: ModelInspection): Section {
  const { seqLen, positions } = inspection;
  const heads = chooseSpreadHeads(listHeads(inspection), CHOSEN);
  return {
    heading: 'How far heads look back',
    text: 'The share of its attention weight that a token gives to the nearest keys, its own included: a head whose line rises early is local, one whose line rises late uses the whole text.',
    svg: lineChart({
      title: 'Attention within a distance',
      subtitle: `mean over ${positions.length} tokens of each head; heads from the longest memory to the shortest`,
      x: { label: 'nearest keys', unit: 'tokens', scale: 'log', base: 2 },
      y: { label: 'share of the attention weight', unit: '%', domain: [0, 100] },
      series: heads.map(({ name, reach }) => ({
        name,
        points: Array.from(reach, (share, n) => ({ x: Math.min(2 ** n, seqLen), y: 100 * share })),
      })),
    }),
  };
}
