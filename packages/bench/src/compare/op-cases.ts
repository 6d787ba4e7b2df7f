// Products and attention beside a baseline: the suite's own variant, its inputs, and its f64 reference.

import type { Device } from '@vulpes/tensor-core';
import { type BenchCase, caseId, dim, type Expectations, type Variant } from '../case.ts';
import { hostInputs, readSizes } from '../suites/attention/inputs.ts';
import { normals } from '../suites/random.ts';
import type { BaselineExpected, BaselineWorkload, ComparedCase } from './workload.ts';

/** Sums of K products in f32, in another order: 6e-8 √K at most, 4e-6 at K = 4,096. A product in f16 or tf32 is off by more than 1e-4. */
const MATMUL_BOUND = 1e-5;
/**
 * A composition subtracts sums Λ of log f in f32, down to −0.8 a token in heads that forget: at 8,192 tokens their last bit is 5e-4,
 * and so is the error of a weight. Measured: 3e-6 at 256 tokens, 1.1e-5 at 1,024.
 */
const ATTENTION_BOUND = 1e-3;

export const compareMatmul = (benchCase: BenchCase): ComparedCase =>
  compareVariant(benchCase, {
    variant: 'nn',
    description: 'f32, a and b ~ N(0, 1)',
    bound: MATMUL_BOUND,
    workload() {
      const [m, n, k] = [
        dim(benchCase.dims, 'M'),
        dim(benchCase.dims, 'N'),
        dim(benchCase.dims, 'K'),
      ];
      return { kind: 'matmul', m, n, k, a: normals(1, m * k), b: normals(2, k * n) };
    },
  });

export const compareAttention = (benchCase: BenchCase): ComparedCase =>
  compareVariant(benchCase, {
    variant: 'dense',
    description: 'f32, causal, the inputs of the case, nothing pruned',
    bound: ATTENTION_BOUND,
    workload() {
      const sizes = readSizes(benchCase.dims);
      const { batch, seqLen: length, numHeads: heads, headDim } = sizes;
      const { dOut, ...inputs } = hostInputs(sizes);
      const isBoth = benchCase.mode === 'forward+backward';
      return {
        kind: 'attention',
        batch,
        length,
        heads,
        headDim,
        ...inputs,
        dOut: isBoth ? dOut : null,
      };
    },
  });

interface Options {
  readonly variant: string;
  readonly description: string;
  /** Largest RMS error ratio of a baseline's outputs. */
  readonly bound: number;
  workload(): BaselineWorkload;
}

const compareVariant = (benchCase: BenchCase, options: Options): ComparedCase => ({
  caseId: caseId(benchCase),
  variant: options.variant,
  description: options.description,
  async prepare(device: Device) {
    const variant = benchCase.variants.find(({ name }) => name === options.variant) as Variant;
    const ours = await variant.build(device, benchCase.dims);
    const expected = await (ours.sample?.() ?? ours.expected());
    return {
      workload: options.workload(),
      expected: withBound(expected, options.bound),
      run: () => ours.run(),
      dispose: () => ours.dispose(),
    };
  },
});

const withBound = (expected: Expectations, bound: number): Record<string, BaselineExpected> =>
  Object.fromEntries(
    Object.entries(expected).map(([name, one]) => [
      name,
      { ...one, bound, measure: 'RMS error ratio' as const },
    ]),
  );
