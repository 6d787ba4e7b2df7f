// muonStep: one update of matrices of one shape that lie in a slab, in place on the GPU.

import { formatShape, ShapeError, type Tensor } from '@vulpes/tensor-core';
import { assertDType, assertNumbers, type FloatType } from '../../lib/check.ts';
import { matmul } from '../matmul/index.ts';
import { STEP_NUMBERS } from '../step-control/index.ts';
import {
  type MuonDims,
  muonMomentum,
  muonNormalize,
  muonParts,
  muonPolynomial,
  muonUpdate,
} from './muon.kernel.ts';
import { MUON_EPSILON, muonScale, NEWTON_SCHULZ } from './newton-schulz.ts';

/** Matrices [rows, cols] of a slab. */
export interface MuonMatrices {
  readonly rows: number;
  readonly cols: number;
  /** u32 [matrices]: where in the slab each begins, in elements. */
  readonly offsets: Tensor;
  /** Whether all offsets are multiples of 4. */
  readonly isAligned: boolean;
}

export interface MuonStep {
  /** f32, the slab of parameters; its matrices are updated in place, as are those of m, of the same size. */
  readonly param: Tensor;
  readonly grad: Tensor;
  /** Running mean of gradients; zero before the first step. */
  readonly m: Tensor;
  /** f16, as many: receives the updated parameters, rounded; what a model in mixed precision reads. */
  readonly half?: Tensor | null | undefined;
  readonly matrices: MuonMatrices;
  /** [8], f32, from `stepControl`: whether to update at all, and by which factors. */
  readonly control: Tensor;
  /** [13], f32, from `stepNumbers`: the learning rate. */
  readonly numbers: Tensor;
  /** Share of the running mean that an update keeps, such as 0.95. */
  readonly momentum: number;
  /** What the products compute with, added up in f32. */
  readonly compute: FloatType;
}

/**
 * Records one Muon update with Nesterov momentum: the mean gradient with its singular values taken to about 1 by five steps of
 * Newton–Schulz, times 0.2 √max(rows, cols). Where `control` says skip, nothing changes.
 * @throws ShapeError DTypeError ArgumentError
 */
export function muonStep(options: MuonStep): void {
  assertTensors(options);
  const { param, grad, m, half, matrices, control, numbers, momentum, compute } = options;
  assertNumbers('muonStep', [['momentum', momentum, momentum >= 0 && momentum < 1, 'in [0, 1)']]);
  const { device } = param;
  const { rows, cols, offsets, isAligned } = matrices;
  const size = rows * cols;
  const width = isAligned && size % 4 === 0 ? 4 : 1;
  const dims: MuonDims = { batch: offsets.size, size, width, dtype: compute };
  const partials = device.empty([dims.batch, muonParts(dims)], { label: 'muon partials' });
  const direction = device.empty([dims.batch, rows, cols], { label: 'muon direction' });
  muonMomentum.run(device, {
    dims: { ...dims, momentum },
    tensors: { m, grad, control, offsets, direction, partials },
  });
  const first = device.empty([dims.batch, rows, cols], { dtype: compute, label: 'muon x' });
  muonNormalize.run(device, {
    dims: { ...dims, epsilon: MUON_EPSILON },
    tensors: { direction, partials, x: first },
  });
  direction.dispose();
  partials.dispose();
  const x = newtonSchulz(first);
  muonUpdate.run(device, {
    dims: { ...dims, scale: muonScale(rows, cols), hasHalf: !!half },
    tensors: { param, half, x, offsets, control, numbers },
  });
  x.dispose();
}

/** Frees `x`. @param x - [batch, rows, cols], singular values at most 1 */
function newtonSchulz(x: Tensor): Tensor {
  const [, rows = 0, cols = 0] = x.shape;
  const isTall = rows > cols;
  const { a, b, c, steps } = NEWTON_SCHULZ;
  const dtype = x.dtype as FloatType;
  let current = x;
  for (let step = 0; step < steps; step++) {
    // The smaller of the two Gram matrices; it is symmetric, so either of its readings will do.
    const gram = matmul(current, current, isTall ? { transposeA: true } : { transposeB: true });
    const polynomial = matmul(gram, gram, { transposeB: true });
    const dims = { size: gram.size, n: Math.min(rows, cols), a, b, c, dtype };
    muonPolynomial.run(x.device, { dims, tensors: { gram, square: polynomial } });
    const next = isTall ? matmul(current, polynomial) : matmul(polynomial, current);
    for (const tensor of [gram, polynomial, current]) tensor.dispose();
    current = next;
  }
  return current;
}

function assertTensors({ param, grad, m, half, matrices, control, numbers }: MuonStep): void {
  for (const [name, tensor] of Object.entries({ param, grad, m })) {
    assertDType('muonStep', name, tensor, 'f32');
    assertSize(name, tensor, param.size, `as many as in param ${param.label}`);
  }
  if (half) {
    assertDType('muonStep', 'half', half, 'f16');
    assertSize('half', half, param.size, `as many as in param ${param.label}`);
  }
  assertDType('muonStep', 'offsets', matrices.offsets, 'u32');
  assertDType('muonStep', 'control', control, 'f32');
  assertSize('control', control, 8, 'as stepControl returns them');
  assertDType('muonStep', 'numbers', numbers, 'f32');
  assertSize('numbers', numbers, STEP_NUMBERS, 'as stepNumbers returns them');
}

function assertSize(name: string, tensor: Tensor, size: number, reason: string): void {
  if (tensor.size === size) return;
  throw new ShapeError(
    `muonStep: expected ${name} of ${size} elements, ${reason}, got ${formatShape(tensor.shape)}.`,
  );
}
