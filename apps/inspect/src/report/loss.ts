// Loss against position: does more text help? [FoX v2, per-token loss]

import { lineChart, type Section } from '@vulpes/charts';
import type { ModelInspection } from '../inspection/inspection.ts';

const POINTS = 48;

export function lossSection({ lossPerToken, seqLen }: ModelInspection): Section {
  const stretch = Math.max(1, Math.ceil(lossPerToken.length / POINTS));
  const points: { x: number; y: number }[] = [];
  for (let from = 0; from < lossPerToken.length; from += stretch) {
    const losses = lossPerToken.subarray(from, from + stretch);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    points.push({ x: from + losses.length / 2, y: mean });
  }
  const mean = lossPerToken.reduce((sum, loss) => sum + loss, 0) / lossPerToken.length;
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
