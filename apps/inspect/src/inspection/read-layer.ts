// From the tensors of a layer to the numbers of its heads.

import type { HostArray, Tensor } from '@vulpes/tensor-core';
import type { BlockSizes } from '@vulpes/wgsl-kernels';
import {
  computeAttentionRow,
  type HeadInputs,
  sumBefore,
  toMaxPerStretch,
  toWeightWithin,
} from './attention-rows.ts';
import type { HeadInspection, HeadPruning, LayerInspection } from './inspection.ts';
import type { LayerTensors, RuleTensors } from './record-layer.ts';

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

/** As `LayerTensors`, on the host. */
type HostLayer = Readonly<Record<keyof LayerTensors['tensors'], HostArray>>;
type HostRule = Readonly<{ [Name in keyof RuleTensors]: HostArray }>;

/** Reads the layer back and computes its sampled rows. */
export async function readLayer(
  { layer, tensors, paper, certified }: LayerTensors,
  sizes: LayerSizes,
): Promise<LayerInspection> {
  const host: HostLayer = await readAll(tensors);
  const rules = [await readAll(paper), await readAll(certified)] as const;
  const heads = Array.from({ length: sizes.numHeads }, (_, head) =>
    inspectHead(head, host, rules, sizes),
  );
  return { layer, heads };
}

async function readAll<T extends object>(tensors: T): Promise<{ [N in keyof T]: HostArray }> {
  const entries = Object.entries<Tensor>(tensors as Record<string, Tensor>);
  const values = entries.map(async ([name, tensor]) => [name, await tensor.data()] as const);
  return Object.fromEntries(await Promise.all(values)) as { [N in keyof T]: HostArray };
}

function inspectHead(
  head: number,
  layer: HostLayer,
  rules: readonly [HostRule, HostRule],
  sizes: LayerSizes,
): HeadInspection {
  const { positions, seqLen, numHeads } = sizes;
  const inputs = getHeadInputs(layer, head, sizes);
  const attention = new Float32Array(positions.length ** 2);
  const reach = new Float64Array(Math.ceil(Math.log2(seqLen)) + 1);
  const dropped = [0, 0];
  for (const [row, position] of positions.entries()) {
    const weights = computeAttentionRow(inputs, row);
    for (const [r, rule] of rules.entries()) {
      const lost = sumBefore(weights, getFirstKey(rule, head, position, sizes));
      dropped[r] = Math.max(dropped[r]!, lost);
    }
    toWeightWithin(weights, reach.length).forEach((share, n) => {
      reach[n]! += share / positions.length;
    });
    attention.set(toMaxPerStretch(weights, positions), row * positions.length);
  }
  const [paper, certified] = rules.map((rule, r) => toPruning(rule, head, dropped[r]!, sizes));
  return {
    head,
    logFgate: Float32Array.from({ length: seqLen }, (_, t) => layer.logFgate[t * numHeads + head]!),
    logLambda: inputs.logLambda,
    ...{ paper: paper!, certified: certified!, attention, reach },
  };
}

function getHeadInputs(
  { q, k, logLambda }: HostLayer,
  head: number,
  { seqLen, numHeads, numKvHeads, headDim, positions, windowSize }: LayerSizes,
): HeadInputs {
  const keyHead = Math.floor(head / (numHeads / numKvHeads));
  return {
    q: (row, d) => q[(row * numHeads + head) * headDim + d]!,
    k: (t, d) => k[(t * numKvHeads + keyHead) * headDim + d]!,
    headDim,
    smScale: 1 / Math.sqrt(headDim),
    logLambda: joinParts(logLambda.slice(head * seqLen * 2, (head + 1) * seqLen * 2)),
    firstKey: (position) => (windowSize === null ? 0 : Math.max(0, position - windowSize + 1)),
    positions,
  };
}

/** [T, 2]: a count of 1/16 nats, and the bits of an f32 remainder. */
function joinParts(parts: HostArray): Float64Array {
  const bits = new Float32Array(parts.buffer);
  return Float64Array.from(
    { length: parts.length / 2 },
    (_, t) => parts[2 * t]! / 16 + bits[2 * t + 1]!,
  );
}

/** The first key that a row keeps under a rule. */
function getFirstKey(
  { startIndex, rowStats }: HostRule,
  head: number,
  position: number,
  { seqLen, blocks }: LayerSizes,
): number {
  if (rowStats) return rowStats[(head * seqLen + position) * 2 + 1]!;
  const queryBlocks = Math.ceil(seqLen / blocks.blockM);
  return startIndex[head * queryBlocks + Math.floor(position / blocks.blockM)]!;
}

function toPruning(
  { startIndex, counts }: HostRule,
  head: number,
  droppedMass: number,
  { seqLen, blocks }: LayerSizes,
): HeadPruning {
  const queryBlocks = Math.ceil(seqLen / blocks.blockM);
  return {
    startIndex: Int32Array.from(startIndex.slice(head * queryBlocks, (head + 1) * queryBlocks)),
    keptBlocks: counts[2 * head]!,
    visibleBlocks: counts[2 * head + 1]!,
    droppedMass,
  };
}
