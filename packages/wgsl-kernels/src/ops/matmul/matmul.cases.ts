// Sizes that the matmul kernels are tested at: odd ones, blocks and tiles ± 1, K long enough to be split.

import type { LaunchCase } from './launch.suite.ts';
import type { MatmulSizes } from './matmul.reference.ts';

export interface MatmulCase extends MatmulSizes {
  readonly id: string;
}

type Layout = 'nn' | 'nt' | 'tn' | 'tt';
type Sizes = readonly [batch: number, m: number, n: number, k: number];

const makeCase = (layout: Layout, [batch, m, n, k]: Sizes): MatmulCase => ({
  id: `${layout}-B${batch}-M${m}-N${n}-K${k}`,
  batch,
  m,
  n,
  k,
  transposeA: layout[0] === 't',
  transposeB: layout[1] === 't',
});

const LAYOUTS: readonly Layout[] = ['nn', 'nt', 'tn', 'tt'];
const RAGGED: Sizes = [2, 17, 33, 31];
const ALIGNED: Sizes = [1, 20, 68, 36];
const LONG_K: Sizes = [3, 12, 4, 515];

export const matmulCases: readonly MatmulCase[] = [
  ...LAYOUTS.map((layout) => makeCase(layout, RAGGED)),
  ...LAYOUTS.map((layout) => makeCase(layout, ALIGNED)),
  makeCase('nn', [1, 1, 1, 1]),
  makeCase('nt', [1, 1, 63, 5]),
  makeCase('tn', LONG_K),
  makeCase('nn', LONG_K),
];

/** At most 8 rows with the rows of B: K with and without a rest, one, two and four rows of B a workgroup. */
export const fewRowsCases: readonly MatmulCase[] = (
  [
    [1, 1, 1, 1],
    [1, 1, 63, 5],
    [1, 2, 12, 768],
    [2, 3, 7, 515],
    [1, 4, 65, 36],
    [3, 5, 9, 1028],
    [1, 6, 3, 2051],
    [1, 7, 33, 256],
    [1, 8, 2049, 12],
    [1, 8, 2048, 7],
    [1, 2, 4099, 20],
    [2, 4, 2050, 9],
  ] as const
).map((sizes) => makeCase('nt', sizes));

/** Register blocks that `select` takes only for products too large for a quick test, run by themselves. */
export const scalarBlockCases = (
  [
    [16, 16, 'nn', RAGGED],
    [16, 16, 'nt', RAGGED],
    [16, 16, 'tn', RAGGED],
    [16, 16, 'tt', RAGGED],
    [16, 16, 'nt', ALIGNED],
    [16, 16, 'tn', ALIGNED],
    [16, 4, 'nt', RAGGED],
    [4, 16, 'tn', RAGGED],
    [1, 16, 'nt', RAGGED],
  ] as const
).map(([rows, cols, layout, sizes]) => {
  const sizesOfCase = makeCase(layout, sizes);
  return { ...sizesOfCase, id: `${rows}x${cols}-${sizesOfCase.id}`, rows, cols };
});

/** Of a, b and c: h for f16, s for f32. */
type DTypes = `${'h' | 's'}${'h' | 's'}${'h' | 's'}`;

function halfCase(
  layout: Layout,
  dtypes: DTypes,
  sizes: Sizes,
  options: Pick<LaunchCase, 'padding' | 'hasBias' | 'accumulate'> = {},
): LaunchCase & MatmulCase {
  const [dtypeA, dtypeB, dtypeC] = [...dtypes].map((name) => (name === 'h' ? 'f16' : 'f32'));
  const of = makeCase(layout, sizes);
  const words = Object.entries(options).map(
    ([name, value]) => `-${name}${value === true ? '' : value}`,
  );
  const id = `${dtypes}-${of.id}${words.join('')}`;
  return { ...of, ...options, id, dtypeA, dtypeB, dtypeC } as LaunchCase & MatmulCase;
}

/** Products for tiles of 128 × 128: whole and with rests in all directions, of both types. */
export const largeTileCases = [
  halfCase('tn', 'sss', [1, 132, 140, 20]),
  halfCase('nt', 'sss', [2, 130, 133, 37], { padding: 3, hasBias: true, accumulate: true }),
  halfCase('nn', 'sss', [1, 130, 136, 36], { padding: 4, hasBias: true, accumulate: true }),
  halfCase('tt', 'sss', [1, 70, 129, 9]),
];

/** f16 tensors: every transpose, results of both types, columns of gates with their f32 gradients, padded rows, split K. */
export const halfCases = [
  ...LAYOUTS.map((layout) => halfCase(layout, 'hhh', RAGGED)),
  halfCase('nt', 'hhs', [1, 37, 12, 48], { hasBias: true }),
  halfCase('nn', 'shh', [1, 37, 48, 12], { accumulate: true }),
  halfCase('tn', 'hsh', [1, 19, 41, 37], { padding: 4, accumulate: true }),
  halfCase('tn', 'hhs', [1, 24, 20, 1024], { accumulate: true }),
  halfCase('nt', 'hhh', [2, 12, 9, 1030], { padding: 2, hasBias: true, accumulate: true }),
];

/** Rows in vectors, whole and with a rest in the last one, as logits of an odd vocabulary and their gradients have it. */
export const vectorCases = [
  halfCase('nt', 'hhh', [2, 32, 16, 64]),
  halfCase('tn', 'hhs', [1, 40, 24, 64]),
  ...LAYOUTS.map((layout) =>
    halfCase(layout, 'hhh', [2, 19, 41, 37], { padding: 8, hasBias: true }),
  ),
  halfCase('nt', 'hhs', [1, 19, 41, 37], { padding: 8, accumulate: true }),
  halfCase('nn', 'shs', [1, 19, 42, 37], { padding: 4 }),
];
