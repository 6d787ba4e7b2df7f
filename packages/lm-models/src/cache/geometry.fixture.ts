// The geometry of a cache with padded rows and gates, for tests of its parts.

import type { Device } from '@vulpes/tensor-core';
import { type CacheGeometry, stateAt } from './geometry.ts';

/** The caller disposes of `state`. @param seqStart - [B] */
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
  shifted: [],
  seqStart,
  state: device.tensor(stateAt(0, { seqStart }), [1 + seqStart.length]),
  hasPadding: true,
  mayEvict: true,
  logPruningTolerance: -10,
});
