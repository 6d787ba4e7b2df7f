// What every layer of a cache has in common, and where the chunk that is being added stands.

import type { Device, Tensor } from '@vulpes/tensor-core';

export type ShiftedName = 'k' | 'v';

export interface CacheGeometry {
  readonly device: Device;
  readonly batch: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly hasGate: boolean;
  readonly windowSize: number | null;
  /** Projections that are mixed with the previous token's. */
  readonly shifted: readonly ShiftedName[];
  /** [B], first token of each row that is not padding. */
  readonly seqStart: Int32Array<ArrayBuffer>;
  /**
   * i32 [1 + B] on the device: the position of the first token of the chunk that is being added, then `seqStart`. Kernels read it
   * there, so that a recorded step holds for every token.
   */
  readonly state: Tensor;
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
  /** null where all rows have begun before the chunk: nothing that is recorded for it then depends on where it stands. */
  readonly padding: ChunkPadding | null;
}

export interface ChunkPadding {
  /** i32 [B, ≥ offset + length, 2] */
  readonly visibility: Tensor;
  /** Where the chunk stands in it. */
  readonly offset: number;
}

/** Logits are q·k / √D. */
export const computeSmScale = ({ headDim }: Pick<CacheGeometry, 'headDim'>): number =>
  1 / Math.sqrt(headDim);

/** What `state` holds for a chunk. */
export const stateAt = (
  offset: number,
  { seqStart }: Pick<CacheGeometry, 'seqStart'>,
): Int32Array<ArrayBuffer> => Int32Array.of(offset, ...seqStart);
