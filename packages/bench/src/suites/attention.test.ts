import {
  referenceAdaptiveThreshold,
  referenceBlockRanges,
  referenceLogitBoundFromNorms,
  referencePruningCounts,
} from '@vulpes/acp-scheduler/reference';
import type { Device, Tensor } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { add } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import type { Dims, Variant, Workload } from '../case.ts';
import { runCase } from '../run-case.ts';
import { hostInputs, readSizes, type Sizes } from './attention/inputs.ts';
import { attentionSuite } from './attention.ts';

const SETTINGS = { runs: 1, warmSeconds: 0, longRunMs: 60_000 };

/** Λ of each head, [H, T]: log f [T, H] added up. */
function hostLambda({ numHeads, seqLen }: Sizes, logFgate: Float32Array): Float64Array {
  const lambda = new Float64Array(numHeads * seqLen);
  for (let head = 0; head < numHeads; head++) {
    let sum = 0;
    for (let t = 0; t < seqLen; t++) {
      sum += logFgate[t * numHeads + head] as number;
      lambda[head * seqLen + t] = sum;
    }
  }
  return lambda;
}

/** Blocks that the paper's rule keeps of the suite's inputs, in f64. */
function paperKeeps(dims: Dims, logPruningTolerance: number): number {
  const sizes = readSizes(dims);
  const { q, k, logFgate } = hostInputs(sizes);
  const { seqLen, headDim } = sizes;
  const search = { ...sizes, queryLen: seqLen, keyLen: seqLen };
  const threshold = referenceLogitBoundFromNorms(q, k, {
    ...sizes,
    smScale: 1 / Math.sqrt(headDim),
  }).map((bound) => referenceAdaptiveThreshold(bound, seqLen, logPruningTolerance));
  const { startIndex } = referenceBlockRanges(hostLambda(sizes, logFgate), threshold, search);
  return referencePruningCounts(startIndex, undefined, search).reduce(
    (sum, count, index) => sum + (index % 2 === 0 ? count : 0),
    0,
  );
}

gpuSuite('the attention suite', (device) => {
  const caseOf = (mode: string) => {
    const found = attentionSuite(device().caps).find((one) => one.mode === mode);
    return { ...found!, dims: { ...found!.dims, T: 333, H: 3 } };
  };

  test('every variant passes its sample at the timed length', async () => {
    const report = await runCase(device(), caseOf('forward+backward'), SETTINGS);
    for (const { check, timing } of report.variants) {
      expect(check.isOk).toBe(true);
      expect(timing).not.toBeNull();
      const sampled = check.outputs.filter(({ dims }) => dims?.T === 333);
      expect(sampled.map(({ output }) => output)).toEqual(['out', 'dq', 'dk', 'dv', 'dLogFgate']);
    }
  });

  test('the paper variant keeps what its rule keeps at ε = e⁻¹⁰', async () => {
    const { variants, dims } = caseOf('forward');
    const paper = variants.find(({ name }) => name === 'paper') as Variant;
    const workload = await paper.build(device(), dims);
    const { keptBlocks } = await workload.counts();
    workload.dispose();
    expect(keptBlocks).toBe(paperKeeps(dims, -10));
    expect(paperKeeps(dims, -1)).not.toBe(keptBlocks);
  });

  test('a row that is wrong at the timed length alone fails its check', async () => {
    const forward = caseOf('forward');
    const dense = forward.variants[0] as Variant;
    /** Beyond the checked length, the last element is off. */
    const build = async (on: Device, dims: Dims): Promise<Workload> => {
      const real = await dense.build(on, dims);
      const { T = 0, H = 0, D = 0 } = dims;
      if (T <= 320) return real;
      const error = new Float32Array(T * H * D);
      error[error.length - 1] = 0.01;
      const run = (): Record<string, Tensor> => {
        const { out } = real.run() as { out: Tensor };
        return { out: add(out, on.tensor(error, [1, T, H, D])) };
      };
      return { ...real, run };
    };
    const report = await runCase(
      device(),
      { ...forward, variants: [{ name: 'short', build }] },
      SETTINGS,
    );
    const { check, timing } = report.variants[0]!;
    expect(check.outputs.map(({ isOk }) => isOk)).toEqual([true, false]);
    expect(timing).toBeNull();
  });
});
