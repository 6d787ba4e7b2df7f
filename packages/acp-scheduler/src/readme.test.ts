import { gpuSuite, randomArray, readmeExamples } from '@vulpes/tensor-core/testing';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
import { expect, test, vi } from 'vitest';
import {
  adaptiveThreshold,
  findBlockRanges,
  logitUpperBoundFromNorms,
  pruningCounts,
  pruningStats,
} from './index.ts';

gpuSuite('README', (device) => {
  test('the example runs, on gates that forget half at each token', async () => {
    const [batch, seqLen, numHeads, headDim] = [2, 256, 2, 16];
    const [smScale, blocks] = [1 / Math.sqrt(headDim), { blockM: 32, blockN: 32 }];
    const shape = [batch, seqLen, numHeads, headDim];
    const q = device().tensor(randomArray(1, batch * seqLen * numHeads * headDim), shape);
    const k = device().tensor(randomArray(2, batch * seqLen * numHeads * headDim), shape);
    const gates = new Float32Array(batch * seqLen * numHeads).fill(Math.log(0.5));
    const logFgate = device().tensor(gates, [batch, seqLen, numHeads]);
    const log = vi.spyOn(console, 'log').mockReturnValue();
    // example
    const logLambda = cumulativeLogGate(logFgate); // [B, T, H] -> [B, H, T, 2]
    const threshold = adaptiveThreshold({
      logitUpperBound: logitUpperBoundFromNorms(q, k, { smScale }),
      seqLen,
      logPruningTolerance: -10,
    });
    const ranges = findBlockRanges(logLambda, threshold, { queryLen: seqLen, blocks });
    const counts = pruningCounts(ranges, { queryLen: seqLen, keyLen: seqLen });
    const numbers = (await counts.data()) as Uint32Array;
    const saved = pruningStats(numbers, { batch, numHeads, headDim, blocks });
    console.log(`${(100 * saved.prunedShare).toFixed(1)} % of the blocks are skipped`);
    // end of example
    expect(log).toHaveBeenCalledWith(expect.stringMatching(/^[3-6]\d\.\d % of the blocks/));
    log.mockRestore();
  });
});

test('the README shows the example that runs here', () => {
  const { run, shown } = readmeExamples(import.meta.url);
  expect(run).toHaveLength(1);
  expect(run).toEqual(shown);
});
