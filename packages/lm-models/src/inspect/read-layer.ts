// From a layer's tensors to the numbers of its heads.

import type { Tensor } from '@vulpes/tensor-core';
import type { BlockSizes } from '@vulpes/wgsl-kernels';
import {
  attentionRow,
  type HeadInputs,
  largestPerStretch,
  massBefore,
  weightWithin,
} from './attention-rows.ts';
import type { HeadInspection, HeadPruning, LayerInspection } from './inspection.ts';
import type { ObservedLayer, ObservedRule } from './observe-layer.ts';

export interface LayerSizes {
  readonly seqLen: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly blocks: BlockSizes;
  readonly positions: Int32Array;
  /** Sliding window; null: none. */
  readonly windowSize: number | null;
}

interface HostRule {
  readonly startIndex: Int32Array;
  readonly counts: Uint32Array;
  readonly rowStats: Int32Array | null;
}

/** Reads the layer back and computes its sampled rows. */
export async function readLayer(
  observed: ObservedLayer,
  sizes: LayerSizes,
): Promise<LayerInspection> {
  const floats = async (tensor: Tensor) => (await tensor.data()) as Float32Array;
  const [logFgate, q, k] = [
    await floats(observed.logFgate),
    await floats(observed.sampledQ),
    await floats(observed.k),
  ];
  const logLambda = (await observed.logLambda.data()) as Int32Array;
  const rules = {
    paper: await readRule(observed.paper),
    certified: await readRule(observed.certified),
  };
  const heads = Array.from({ length: sizes.numHeads }, (_, head) => {
    const inputs = headInputs({ q, k, logLambda }, head, sizes);
    return readHead(head, inputs, rules, { logFgate, sizes });
  });
  return { layer: observed.layer, heads };
}

const readRule = async ({ startIndex, counts, rowStats }: ObservedRule): Promise<HostRule> => ({
  startIndex: (await startIndex.data()) as Int32Array,
  counts: (await counts.data()) as Uint32Array,
  rowStats: rowStats && ((await rowStats.data()) as Int32Array),
});

/** The first key that a row keeps under a rule. */
function firstKeptKey(
  { startIndex, rowStats }: HostRule,
  head: number,
  position: number,
  { seqLen, blocks }: LayerSizes,
): number {
  if (rowStats) return rowStats[(head * seqLen + position) * 2 + 1] as number;
  const queryBlocks = Math.ceil(seqLen / blocks.blockM);
  return startIndex[head * queryBlocks + Math.floor(position / blocks.blockM)] as number;
}

function headInputs(
  { q, k, logLambda }: { q: Float32Array; k: Float32Array; logLambda: Int32Array },
  head: number,
  { seqLen, numHeads, numKvHeads, headDim, positions, windowSize }: LayerSizes,
): HeadInputs {
  const keyHead = Math.floor(head / (numHeads / numKvHeads));
  return {
    q: (row, d) => q[(row * numHeads + head) * headDim + d] as number,
    k: (t, d) => k[(t * numKvHeads + keyHead) * headDim + d] as number,
    headDim,
    smScale: 1 / Math.sqrt(headDim),
    logLambda: twoPartToF64(logLambda.subarray(head * seqLen * 2, (head + 1) * seqLen * 2)),
    firstKey: (position) => (windowSize === null ? 0 : Math.max(0, position - windowSize + 1)),
    positions,
  };
}

/** [T, 2]: a count of 1/16 nats and the bits of an f32 remainder. */
function twoPartToF64(parts: Int32Array): Float64Array {
  const bits = new Float32Array(parts.slice().buffer);
  return Float64Array.from(
    { length: parts.length / 2 },
    (_, t) => (parts[2 * t] as number) / 16 + (bits[2 * t + 1] as number),
  );
}

function readHead(
  head: number,
  inputs: HeadInputs,
  rules: { paper: HostRule; certified: HostRule },
  { logFgate, sizes }: { logFgate: Float32Array; sizes: LayerSizes },
): HeadInspection {
  const { positions } = inputs;
  const paper = startsOf(rules.paper, head, sizes);
  const certified = startsOf(rules.certified, head, sizes);
  const dropped = { paper: 0, certified: 0 };
  const attention = new Float32Array(positions.length ** 2);
  const reach = new Float64Array(Math.ceil(Math.log2(sizes.seqLen)) + 1);
  for (const [row, position] of positions.entries()) {
    const weights = attentionRow(inputs, row);
    for (const rule of ['paper', 'certified'] as const) {
      const first = firstKeptKey(rules[rule], head, position, sizes);
      dropped[rule] = Math.max(dropped[rule], massBefore(weights, first));
    }
    weightWithin(weights, reach.length).forEach((share, n) => {
      reach[n]! += share / positions.length;
    });
    attention.set(largestPerStretch(weights, positions), row * positions.length);
  }
  return {
    head,
    logFgate: Float32Array.from(
      { length: sizes.seqLen },
      (_, t) => logFgate[t * sizes.numHeads + head] as number,
    ),
    logLambda: inputs.logLambda,
    paper: pruningOf(rules.paper, head, paper, dropped.paper),
    certified: pruningOf(rules.certified, head, certified, dropped.certified),
    attention,
    reach,
  };
}

function startsOf({ startIndex }: HostRule, head: number, { seqLen, blocks }: LayerSizes) {
  const queryBlocks = Math.ceil(seqLen / blocks.blockM);
  return startIndex.slice(head * queryBlocks, (head + 1) * queryBlocks);
}

const pruningOf = (
  { counts }: HostRule,
  head: number,
  startIndex: Int32Array,
  droppedMass: number,
): HeadPruning => ({
  startIndex,
  keptBlocks: counts[2 * head] as number,
  visibleBlocks: counts[2 * head + 1] as number,
  droppedMass,
});
