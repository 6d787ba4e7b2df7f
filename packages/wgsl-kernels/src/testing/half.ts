// Inputs and bounds of tests with f16 tensors: the reference gets the very values that the device reads.

import type { DType } from '@vulpes/tensor-core';
import { referenceToHalf } from '../ops/cast/cast.reference.ts';

/** The values that a tensor of `dtype` holds of these. */
export const storedAs = (
  dtype: DType,
  values: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> => (dtype === 'f16' ? values.map(referenceToHalf) : values);

/** Rounding to f16 is off by at most 2^-11 of a value, so the RMS error ratio is no more; arithmetic in f16 would give several times that. */
const HALF_BOUND = 5e-4;

/** The bound of a tensor that is stored as `dtype` and was computed in f32 to within `bound`. */
export const boundOf = (dtype: DType, bound: number): number =>
  dtype === 'f16' ? HALF_BOUND : bound;
