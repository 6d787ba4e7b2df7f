// Sizes and inputs of an attention case, on the host and on a device.

import type { Device, Tensor } from '@vulpes/tensor-core';
import type { BlockSizes } from '@vulpes/wgsl-kernels';
import { type Dims, dim } from '../../case.ts';
import { gateBias } from '../gate-biases.ts';
import { normals } from '../random.ts';

export interface Sizes {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly blocks: BlockSizes;
}

/** @throws ArgumentError where B, T, H, D or block is missing */
export const readSizes = (dims: Dims): Sizes => ({
  batch: dim(dims, 'B'),
  seqLen: dim(dims, 'T'),
  numHeads: dim(dims, 'H'),
  headDim: dim(dims, 'D'),
  blocks: { blockM: dim(dims, 'block'), blockN: dim(dims, 'block') },
});

/** As the references take them: every position is a query and a key. */
export const referenceDims = (sizes: Sizes) => ({
  ...sizes,
  numKvHeads: sizes.numHeads,
  queryLen: sizes.seqLen,
  keyLen: sizes.seqLen,
});

/** q, k, v, dOut [B, T, H, D] and logFgate [B, T, H]. */
export type HostInputs = ReturnType<typeof hostInputs>;

export function hostInputs({ batch, seqLen, numHeads, headDim }: Sizes) {
  const size = batch * seqLen * numHeads * headDim;
  const [q, k, v, dOut] = [normals(1, size), normals(2, size), normals(3, size), normals(4, size)];
  const logFgate = normals(5, batch * seqLen * numHeads).map(
    (logit, index) => -Math.log1p(Math.exp(-(gateBias(index % numHeads) + logit))),
  );
  return { q, k, v, dOut, logFgate };
}

/** Each array with its shape: [B, T, H] where it has so many values, else [B, T, H, D]. */
export function withShapes<Name extends string>(
  { batch, seqLen, numHeads, headDim }: Sizes,
  host: Readonly<Record<Name, Float32Array<ArrayBuffer>>>,
) {
  const gates = [batch, seqLen, numHeads];
  const isGates = ({ length }: Float32Array) => length === batch * seqLen * numHeads;
  const entries = Object.entries<Float32Array<ArrayBuffer>>(host).map(([name, data]) => {
    return [name, { shape: isGates(data) ? gates : [...gates, headDim], data }] as const;
  });
  return Object.fromEntries(entries) as Record<Name, (typeof entries)[number][1]>;
}

/** Each array as a tensor, which is the caller's. */
export const uploadInputs = <Name extends string>(
  device: Device,
  sizes: Sizes,
  host: Readonly<Record<Name, Float32Array<ArrayBuffer>>>,
) =>
  Object.fromEntries(
    Object.entries(withShapes<string>(sizes, host)).map(([name, { shape, data }]) => [
      name,
      device.tensor(data, shape),
    ]),
  ) as Record<Name, Tensor>;
