// The boundary search alone: what pruning costs before it saves anything.

import { findBlockRanges } from '@vulpes/acp-scheduler';
import { referenceBlockRanges } from '@vulpes/acp-scheduler/reference';
import { CounterRng, type Device, type DeviceCaps } from '@vulpes/tensor-core';
import { type BenchCase, type Dims, dim, type Workload } from '../case.ts';

const DELTA = -34;

export function boundarySuite(caps: DeviceCaps): BenchCase[] {
  const lengths = caps.isSoftware ? [4096, 16384] : [16384, 65536];
  return lengths.map((T) => ({
    suite: 'boundary',
    op: 'find-block-ranges',
    mode: 'search' as const,
    flops: 0,
    dims: { B: 1, T, H: 12, blockM: 64, blockN: 64 },
    checkDims: { B: 1, T: 4096, H: 12, blockM: 64, blockN: 64 },
    inputs:
      'log f = logsigmoid(N(mean, 1)), mean from 0 (first head) to 8 (last); threshold −34 nats',
    variants: [{ name: 'one launch', build: workload }],
  }));
}

function workload(device: Device, dims: Dims): Workload {
  const [batch, seqLen, numHeads] = [dim(dims, 'B'), dim(dims, 'T'), dim(dims, 'H')];
  const blocks = { blockM: dim(dims, 'blockM'), blockN: dim(dims, 'blockN') };
  const heads = batch * numHeads;
  const { parts, values } = twoPartGates(heads, seqLen);
  const logLambda = device.tensor(parts, [batch, numHeads, seqLen, 2]);
  const threshold = device.tensor([DELTA], [1]);
  return {
    run() {
      const { startIndex, endIndex } = findBlockRanges(logLambda, threshold, {
        queryLen: seqLen,
        blocks,
      });
      return { startIndex, endIndex };
    },
    expected() {
      const reference = referenceBlockRanges(values, new Float64Array(heads).fill(DELTA), {
        batch,
        numHeads,
        queryLen: seqLen,
        keyLen: seqLen,
        blocks,
      });
      return {
        startIndex: { values: reference.startIndex, bound: 0 },
        endIndex: { values: reference.endIndex, bound: 0 },
      };
    },
    counts() {
      const [rows, columns] = [
        Math.ceil(seqLen / blocks.blockM),
        Math.ceil(seqLen / blocks.blockN),
      ];
      // No floating-point work to speak of; 8 bytes for each halving, and an index written by each thread.
      const steps = heads * (rows * Math.log2(columns + 1) + columns * Math.log2(rows + 1));
      return { flops: 0, bytes: Math.ceil(8 * steps) + 4 * heads * (rows + columns) };
    },
    dispose() {
      logLambda.dispose();
      threshold.dispose();
    },
  };
}

/** Cumulative log gates [heads, T] as two-part numbers, and as the f64 values that those stand for. */
function twoPartGates(
  heads: number,
  seqLen: number,
): { parts: Int32Array<ArrayBuffer>; values: Float64Array } {
  const parts = new Int32Array(heads * seqLen * 2);
  const remainders = new Float32Array(parts.buffer);
  const values = new Float64Array(heads * seqLen);
  for (let head = 0; head < heads; head++) {
    const rng = new CounterRng(3, head);
    const mean = (8 * head) / Math.max(1, heads - 1);
    let sum = 0;
    for (let t = 0; t < seqLen; t++) {
      sum -= Math.log1p(Math.exp(-(mean + rng.normal())));
      const at = head * seqLen + t;
      parts[2 * at] = Math.round(sum * 16);
      remainders[2 * at + 1] = sum - (parts[2 * at] as number) / 16;
      values[at] = (parts[2 * at] as number) / 16 + (remainders[2 * at + 1] as number);
    }
  }
  return { parts, values };
}
