// Loss against position: does more text help? [FoX v2, per-token loss]

import { lineChart, type Section } from '@vulpes/charts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { computeMean, meansAlong } from './heads.ts';

const POINTS = 48;

export function lossSection({ lossPerToken, seqLen }: ModelInspection): Section {
  const stretch = Math.ceil(lossPerToken.length / POINTS);
  const mean = computeMean(lossPerToken);
  const points = meansAlong(lossPerToken, stretch);
  return {
    heading: 'Loss against position',
    text: `Each byte's loss given all before it, without pruning; ${mean.toFixed(3)} nats a byte over the whole text. One text of ${seqLen} bytes says little about a single position: the line is the mean over stretches of ${stretch}.`,
    svg: lineChart({
      title: 'Loss against position',
      x: { label: 'position', unit: 'tokens' },
      y: { label: 'loss', unit: 'nats per byte' },
      series: [{ name: 'loss', points }],
    }),
  };
}
