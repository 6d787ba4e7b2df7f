// The boundary search alone: what pruning costs before it saves anything.

import { constantThreshold, findBlockRanges } from '@vulpes/acp-scheduler';
import { type Device, type DeviceCaps, disposeAll } from '@vulpes/tensor-core';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
import { type BenchCase, type Dims, dim, type Workload } from '../case.ts';
import { decayingGates, expectRanges } from './pruning/inputs.ts';

const DELTA = -34;
const TAUS = { tauMin: 2, tauMax: 4096 };

export function boundarySuite(caps: DeviceCaps): BenchCase[] {
  const lengths = caps.isSoftware ? [4096, 16384] : [16384, 65536];
  const sizes = { B: 1, T: 4096, H: 12, blockM: 64, blockN: 64 };
  return lengths.map((T) => ({
    suite: 'boundary',
    op: 'find-block-ranges',
    mode: 'search' as const,
    flops: 0,
    dims: { ...sizes, T },
    checkDims: sizes,
    inputs:
      'log f = −U(0.5, 1.5)/τ, τ from 2 (first head) to 4096 (last), evenly in log τ; threshold −34 nats',
    variants: [{ name: 'one launch', build: workload }],
  }));
}

function workload(device: Device, dims: Dims): Workload {
  const [batch, seqLen, numHeads] = [dim(dims, 'B'), dim(dims, 'T'), dim(dims, 'H')];
  const blocks = { blockM: dim(dims, 'blockM'), blockN: dim(dims, 'blockN') };
  const sizes = { batch, seqLen, numHeads, blocks };
  const host = decayingGates(sizes, TAUS);
  const logFgate = device.tensor(host.logFgate, [batch, seqLen, numHeads]);
  const logLambda = cumulativeLogGate(logFgate);
  const threshold = constantThreshold(device, DELTA, sizes);
  return {
    run() {
      const found = findBlockRanges(logLambda, threshold, { queryLen: seqLen, blocks });
      return { startIndex: found.startIndex, endIndex: found.endIndex };
    },
    expected: () => expectRanges(host.logLambda, DELTA, sizes),
    counts() {
      const { blockM, blockN } = blocks;
      const [rows, columns] = [Math.ceil(seqLen / blockM), Math.ceil(seqLen / blockN)];
      // No floating-point work to speak of; 8 bytes for each halving, and an index written by each thread.
      const steps = rows * Math.log2(columns + 1) + columns * Math.log2(rows + 1);
      const heads = batch * numHeads;
      return { flops: 0, bytes: Math.ceil(8 * heads * steps) + 4 * heads * (rows + columns) };
    },
    dispose: () => disposeAll([logFgate, logLambda, threshold]),
  };
}
