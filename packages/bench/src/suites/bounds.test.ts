// The gate of each suite as it stands: its bounds, and that a reference ten times as far away is refused.

import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import type { BenchCase, Dims, Expected, Variant } from '../case.ts';
import { runCheck } from '../check.ts';
import { type SuiteName, suites } from './index.ts';

const ATTENTION = { B: 1, T: 37, H: 3, D: 64, block: 16 };
const DECODED = { B: 1, T: 80, layers: 2, hidden: 96, heads: 3, vocab: 256 };
const MODEL = { B: 1, T: 33, layers: 1, hidden: 64, heads: 4, vocab: 50 };
const PRUNING = { B: 1, T: 96, H: 2, D: 16, block: 32, tauMin: 2, tauMax: 16 };
const SEARCH = { startIndex: 0, endIndex: 0 };

interface Row {
  readonly suite: SuiteName;
  readonly variant: string;
  readonly dims: Dims;
  /** RMS error ratio of each output. */
  readonly bounds: Readonly<Record<string, number>>;
}

const ROWS: readonly Row[] = [
  ...['nn', 'nt', 'tn'].map(
    (variant): Row => ({
      suite: 'matmul',
      variant,
      dims: { M: 17, N: 19, K: 23 },
      bounds: { c: 1e-5 },
    }),
  ),
  {
    suite: 'attention',
    variant: 'certified',
    dims: ATTENTION,
    bounds: { out: 1e-5, dq: 1e-4, dk: 1e-4, dv: 1e-4, dLogFgate: 1e-4 },
  },
  { suite: 'pruning', variant: 'paper', dims: PRUNING, bounds: SEARCH },
  { suite: 'pruning', variant: 'certified', dims: PRUNING, bounds: { blockBounds: 1e-4 } },
  {
    suite: 'training',
    variant: 'paper',
    dims: MODEL,
    bounds: { loss: 1e-5, gradNorm: 1e-4, grads: 2e-5, params: 1e-6 },
  },
  { suite: 'decode', variant: 'cache-evict', dims: DECODED, bounds: { logits: 1e-5 } },
];

/** The variant with a reference that is ten times the bound away; where equality is asked, one away. */
const farFrom = (variant: Variant, bounds: Row['bounds']): Variant => ({
  ...variant,
  async build(device: Device, dims: Dims) {
    const real = await variant.build(device, dims);
    const far = (output: string, { values, ...rest }: Expected): Expected => {
      const bound = bounds[output] as number;
      return {
        ...rest,
        values: Array.from(values, (value) => (bound === 0 ? value + 1 : value * (1 + 10 * bound))),
      };
    };
    const expected = async () =>
      Object.fromEntries(
        Object.entries(await real.expected()).map(([output, want]) => [output, far(output, want)]),
      );
    return { ...real, expected };
  },
});

gpuSuite('the check of a suite', (device) => {
  test.each(ROWS)('$suite, $variant', async ({ suite, variant: name, dims, bounds }) => {
    const cases = suites[suite](device().caps) as readonly BenchCase[];
    const variant = cases.at(-1)!.variants.find((one) => one.name === name) as Variant;
    const right = await runCheck(device(), variant, dims);
    expect(right).toMatchObject({ isOk: true });
    expect(Object.fromEntries(right.outputs.map(({ output, bound }) => [output, bound]))).toEqual(
      bounds,
    );
    const wrong = await runCheck(device(), farFrom(variant, bounds), dims);
    expect(wrong.isOk).toBe(false);
    for (const { output, isOk } of wrong.outputs) expect(isOk, output).toBe(false);
  });
});
