// Products and attention beside a baseline: the suite's own variant, its inputs, and its f64 reference.

import type { Device } from '@vulpes/tensor-core';
import { type BenchCase, caseId, dim, type Variant } from '../case.ts';
import { hostInputs, readSizes, withShapes } from '../suites/attention/inputs.ts';
import { normals } from '../suites/random.ts';
import type { BaselineWorkload, ComparedCase } from './workload.ts';

/** Sums of K products in f32, in another order: 6e-8 √K at most, 4e-6 at K = 4,096. A product in f16 or tf32 is off by more than 1e-4. */
const MATMUL_BOUND = 1e-5;
/**
 * A composition subtracts sums Λ of log f in f32, down to −0.8 a token in heads that forget: at 8,192 tokens their last bit is 5e-4,
 * and so is the error of a weight. Measured: 3e-6 at 256 tokens, 1.1e-5 at 1,024.
 */
const ATTENTION_BOUND = 1e-3;

export const compareMatmul = (benchCase: BenchCase): ComparedCase => {
  const [m, n, k] = ['M', 'N', 'K'].map((name) => dim(benchCase.dims, name)) as [
    number,
    number,
    number,
  ];
  const inputs = () => ({
    a: { shape: [m, k], data: normals(1, m * k) },
    b: { shape: [k, n], data: normals(2, k * n) },
  });
  const description = 'f32, a and b ~ N(0, 1)';
  return compareVariant(benchCase, 'nn', description, MATMUL_BOUND, () => ({
    kind: 'matmul',
    inputs: inputs(),
  }));
};

export const compareAttention = (benchCase: BenchCase): ComparedCase => {
  const description = 'f32, causal, the inputs of the case, nothing pruned';
  return compareVariant(benchCase, 'dense', description, ATTENTION_BOUND, () => {
    const sizes = readSizes(benchCase.dims);
    const { dOut, ...inputs } = hostInputs(sizes);
    const isBoth = benchCase.mode === 'forward+backward';
    return {
      kind: 'attention',
      inputs: withShapes<string>(sizes, isBoth ? { ...inputs, dOut } : inputs),
    };
  });
};

/** @param bound - largest RMS error ratio of a baseline's outputs */
const compareVariant = (
  benchCase: BenchCase,
  variant: string,
  description: string,
  bound: number,
  createWorkload: () => BaselineWorkload,
): ComparedCase => ({
  ...{ caseId: caseId(benchCase), variant, description },
  async prepare(device: Device) {
    const ownVariant = benchCase.variants.find(({ name }) => name === variant) as Variant;
    const ours = await ownVariant.build(device, benchCase.dims);
    const expected = await (ours.sample?.() ?? ours.expected());
    const measure = 'RMS error ratio' as const;
    return {
      workload: createWorkload(),
      expected: Object.fromEntries(
        Object.entries(expected).map(([name, one]) => [name, { ...one, bound, measure }]),
      ),
      run: () => ours.run(),
      dispose: () => ours.dispose(),
    };
  },
});
