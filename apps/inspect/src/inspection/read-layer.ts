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
  { layer, tensors, ...rules }: LayerTensors,
  sizes: LayerSizes,
): Promise<LayerInspection> {
  const host = {
    ...(await readAll(tensors)),
    ...{ paper: await readAll(rules.paper), certified: await readAll(rules.certified) },
  };
  const heads = Array.from({ length: sizes.numHeads }, (_, head) => inspectHead(head, host, sizes));
  return { layer, heads };
}

async function readAll<T extends object>(tensors: T): Promise<{ [N in keyof T]: HostArray }> {
  const entries = Object.entries<Tensor>(tensors as Record<string, Tensor>);
  const values = entries.map(async ([name, tensor]) => [name, await tensor.data()] as const);
  return Object.fromEntries(await Promise.all(values)) as { [N in keyof T]: HostArray };
}

function inspectHead(
  head: number,
  layer: HostLayer & { paper: HostRule; certified: HostRule },
  sizes: LayerSizes,
): HeadInspection {
  const { positions, seqLen, numHeads } = sizes;
  const inputs = getHeadInputs(layer, head, sizes);
  const rows = Array.from(positions, (_, row) => computeAttentionRow(inputs, row));
  const distances = Math.ceil(Math.log2(seqLen)) + 1;
  const reach = new Float64Array(distances);
  for (const weights of rows) {
    toWeightWithin(weights, distances).forEach((share, n) => {
      reach[n]! += share / rows.length;
    });
  }
  return {
    head,
    logFgate: Float32Array.from({ length: seqLen }, (_, t) => layer.logFgate[t * numHeads + head]!),
    logLambda: inputs.logLambda,
    paper: toPruning(layer.paper, head, rows, sizes),
    certified: toPruning(layer.certified, head, rows, sizes),
    attention: Float32Array.from(rows.flatMap((row) => [...toMaxPerStretch(row, positions)])),
    reach,
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

/** @param rows - attention weights of the head at `positions` */
function toPruning(
  { startIndex, counts, rowStats }: HostRule,
  head: number,
  rows: readonly Float64Array[],
  { seqLen, blocks: { blockM }, positions }: LayerSizes,
): HeadPruning {
  const queryBlocks = Math.ceil(seqLen / blockM);
  const starts = Int32Array.from(startIndex.slice(head * queryBlocks, (head + 1) * queryBlocks));
  const dropped = Array.from(positions, (position, row) => {
    const ofBlock = starts[Math.floor(position / blockM)]!;
    return sumBefore(rows[row]!, rowStats?.[(head * seqLen + position) * 2 + 1] ?? ofBlock);
  });
  return {
    startIndex: starts,
    keptBlocks: counts[2 * head]!,
    visibleBlocks: counts[2 * head + 1]!,
    droppedMass: Math.max(...dropped),
  };
}
