// The geometry of a cache with padded rows and gates, for tests of its parts.

import type { Device } from '@vulpes/tensor-core';
import type { CacheGeometry } from './geometry.ts';

/** The caller disposes of `seqStartTensor`. @param seqStart - [B] */
export const paddedGeometry = (
  device: Device,
  seqStart: Int32Array<ArrayBuffer>,
  heads: Pick<CacheGeometry, 'numHeads' | 'numKvHeads' | 'headDim'>,
): CacheGeometry => ({
  device,
  batch: seqStart.length,
  ...heads,
  hasGate: true,
  windowSize: null,
  seqStart,
  seqStartTensor: device.tensor(seqStart, [seqStart.length]),
  hasPadding: true,
  mayEvict: true,
  logPruningTolerance: -10,
});
