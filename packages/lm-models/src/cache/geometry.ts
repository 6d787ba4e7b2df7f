// What every layer of a cache has in common, and where the chunk that is being added stands.

import type { Device, Tensor } from '@vulpes/tensor-core';

export interface CacheGeometry {
  readonly device: Device;
  readonly batch: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly hasGate: boolean;
  readonly windowSize: number | null;
  /** [B], first token of each row that is not padding. */
  readonly seqStart: Int32Array<ArrayBuffer>;
  /** The same on the device, i32. */
  readonly seqStartTensor: Tensor;
  readonly hasPadding: boolean;
  /** Pages may be freed. */
  readonly mayEvict: boolean;
  /** log ε of what heads forget; null where gates evict nothing. */
  readonly logPruningTolerance: number | null;
}

export interface Chunk {
  /** Tokens before it, padding included. */
  readonly offset: number;
  readonly length: number;
  /** i32 [B, ≥ offset + length, 2]: padding; undefined without. */
  readonly visibility: Tensor | undefined;
}

/** Logits are q·k / √D. */
export const computeSmScale = ({ headDim }: Pick<CacheGeometry, 'headDim'>): number =>
  1 / Math.sqrt(headDim);
