// Spec, params and grid of the Muon kernels.

import type { DType } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import stepControlStruct from '../../lib/step-control.wgsl';
import { threadGrid, vectorType } from '../../lib/vector.ts';
import vectorSumWgsl from '../../lib/vector-sum.wgsl';
import { STEP_NUMBERS } from '../step-control/index.ts';
import momentumWgsl from './muon-momentum.wgsl';
import normalizeWgsl from './muon-normalize.wgsl';
import polynomialWgsl from './muon-polynomial.wgsl';
import updateWgsl from './muon-update.wgsl';

const THREADS = { WG_SIZE: 64, PER_THREAD: 16 } as const;
/** Vectors of a matrix that a workgroup takes. */
const VECTORS_PER_PART = THREADS.WG_SIZE * THREADS.PER_THREAD;

export interface MuonDims {
  /** Matrices. */
  readonly batch: number;
  /** Elements of each. */
  readonly size: number;
  /** Values in a vector: 4 where the size and all offsets are multiples of 4. */
  readonly width: 1 | 4;
  /** Of what Newton–Schulz computes with. */
  readonly dtype: DType;
}

/** Workgroups that share a matrix. */
export const muonParts = ({ size, width }: Pick<MuonDims, 'size' | 'width'>): number =>
  Math.ceil(size / width / VECTORS_PER_PART);

const params = ({ size, width }: MuonDims) => ({
  size: size / width,
  parts: muonParts({ size, width }),
});

const grid = (dims: MuonDims): [number, number, number] => [muonParts(dims), dims.batch, 1];

export const muonMomentum = defineKernel({
  name: 'muon-momentum',
  source: momentumWgsl,
  lib: [stepControlStruct, vectorSumWgsl],
  bindings: [
    ...(['m:read_write', 'grad:read', 'control:read', 'offsets:read'] as const),
    ...(['direction:write', 'partials:write'] as const),
  ],
  params: (dims: MuonDims & { readonly momentum: number }) => ({
    ...params(dims),
    one_minus_momentum: 1 - dims.momentum,
  }),
  select: ({ width }) => ({ ...THREADS, WIDTH: width, Vector: vectorType(width) }),
  grid,
});

export const muonNormalize = defineKernel({
  name: 'muon-normalize',
  source: normalizeWgsl,
  bindings: ['direction:read', 'partials:read', 'x:write'],
  params: (dims: MuonDims & { readonly epsilon: number }) => params(dims),
  select: ({ width, dtype }) => ({
    ...THREADS,
    Vector: vectorType(width),
    Stored: vectorType(width, dtype),
  }),
  grid,
});

export interface PolynomialDims {
  /** Elements of all matrices. */
  readonly size: number;
  /** Rows and columns. */
  readonly n: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly dtype: DType;
}

export const muonPolynomial = defineKernel({
  name: 'muon-polynomial',
  source: polynomialWgsl,
  bindings: ['gram:read', 'square:read_write'],
  select: ({ dtype }: PolynomialDims) => ({ WG_SIZE: 64, Stored: dtype }),
  grid: ({ size }, { WG_SIZE }) => threadGrid(size, WG_SIZE),
});

export const muonUpdate = defineKernel({
  name: 'muon-update',
  source: updateWgsl,
  lib: [stepControlStruct],
  bindings: [
    ...(['param:read_write', 'half:write?', 'x:read', 'offsets:read'] as const),
    ...(['control:read', 'numbers:read'] as const),
  ],
  params: ({ size, width }: MuonDims & { readonly scale: number; readonly hasHalf: boolean }) => ({
    size: size / width,
  }),
  select: ({ width, dtype, hasHalf }) => ({
    ...THREADS,
    WIDTH: width,
    LEARNING_RATE: STEP_NUMBERS - 1,
    Vector: vectorType(width),
    Stored: vectorType(width, dtype),
    Half: vectorType(width, hasHalf ? 'f16' : 'f32'),
  }),
  grid,
});
