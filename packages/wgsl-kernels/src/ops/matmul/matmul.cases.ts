// Sizes that the matmul kernels are tested at: odd ones, blocks and tiles ± 1, K long enough to be split.

import type { MatmulSizes } from './matmul.naive.ts';

export interface MatmulCase extends MatmulSizes {
  readonly id: string;
}

const SIZES: readonly (readonly [batch: number, m: number, n: number, k: number])[] = [
  [1, 1, 1, 1],
  [1, 1, 63, 5],
  [1, 63, 1, 111],
  [2, 17, 33, 31],
  [1, 64, 64, 64],
  [1, 4, 20, 1030],
  [3, 12, 4, 515],
];

const LAYOUTS = ['nn', 'nt', 'tn', 'tt'] as const;

export const matmulCases: readonly MatmulCase[] = LAYOUTS.flatMap((layout) =>
  SIZES.map(([batch, m, n, k]) => ({
    id: `${layout}-B${batch}-M${m}-N${n}-K${k}`,
    batch,
    m,
    n,
    k,
    transposeA: layout[0] === 't',
    transposeB: layout[1] === 't',
  })),
);
