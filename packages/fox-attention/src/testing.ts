// Test inputs, and block ranges on the host: a random staircase and its transpose.

import { CounterRng } from '@vulpes/tensor-core';
import { randomArray } from '@vulpes/tensor-core/testing';
import type { AttentionCase, GateKind } from './attention.cases.ts';
import type { AttentionDims } from './dims.ts';
import type { NaiveInputs } from './naive.ts';

export interface HostRanges {
  readonly blockM: number;
  readonly blockN: number;
  readonly startIndex: Int32Array;
  readonly endIndex: Int32Array;
}

export interface TestInputs extends NaiveInputs {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly logFgate: Float32Array | null;
  readonly dOut: Float32Array;
  readonly ranges: HostRanges | undefined;
}

export function makeInputs(theCase: AttentionCase, seed = 42): TestInputs {
  const { dims, gate, blocks, seqStart, smScale } = theCase;
  const { batch, queryLen, keyLen, numHeads, headDim } = dims;
  const size = (tokens: number) => batch * tokens * numHeads * headDim;
  return {
    q: randomArray(seed, size(queryLen)),
    k: randomArray(seed + 1, size(keyLen)),
    v: randomArray(seed + 2, size(keyLen)),
    dOut: randomArray(seed + 3, size(queryLen)),
    logFgate: gate && logGates(seed + 4, batch * keyLen * numHeads, gate),
    ranges: blocks && staircase(seed + 5, dims, blocks),
    seqStart,
    ...(smScale !== undefined && { smScale }),
  };
}

const logGates = (seed: number, length: number, { mean, scale }: GateKind): Float32Array =>
  randomArray(seed, length, { mean, scale }).map((gate) => Math.min(gate, -1e-4));

/** A start index for each query block that never decreases and never drops the diagonal. */
function staircase(
  seed: number,
  dims: AttentionDims,
  blocks: { blockM: number; blockN: number },
): HostRanges {
  const { blockM, blockN } = blocks;
  const rng = new CounterRng(seed);
  const queryBlocks = Math.ceil(dims.queryLen / blockM);
  const heads = dims.batch * dims.numHeads;
  const startIndex = new Int32Array(heads * queryBlocks);
  for (let head = 0; head < heads; head++) {
    for (let block = 0, start = 0; block < queryBlocks; block++) {
      const firstPosition = dims.keyLen - dims.queryLen + block * blockM;
      const most = Math.floor(firstPosition / blockN) * blockN;
      start = Math.min(most, start + blockN * rng.below(3));
      startIndex[head * queryBlocks + block] = start;
    }
  }
  return { ...blocks, startIndex, endIndex: transposeStart(dims, { ...blocks, startIndex }) };
}

/** endIndex[block] = the row after the last query block that keeps the key block. */
function transposeStart(
  { batch, numHeads, queryLen, keyLen }: AttentionDims,
  { blockM, blockN, startIndex }: { blockM: number; blockN: number; startIndex: Int32Array },
): Int32Array {
  const queryBlocks = Math.ceil(queryLen / blockM);
  const keyBlocks = Math.ceil(keyLen / blockN);
  return Int32Array.from({ length: batch * numHeads * keyBlocks }, (_, at) => {
    const [head, key] = [Math.floor(at / keyBlocks), (at % keyBlocks) * blockN];
    const starts = startIndex.subarray(head * queryBlocks, (head + 1) * queryBlocks);
    return Math.min(queryLen, blockM * starts.filter((start) => start <= key).length);
  });
}
