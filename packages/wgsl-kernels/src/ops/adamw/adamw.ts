// adamwStep: one update of one slab of parameters, in place on the GPU.

import { formatShape, ShapeError, type Tensor } from '@vulpes/tensor-core';
import { assertDType, assertNumbers } from '../../lib/check.ts';
import { adamwKernel } from './adamw.kernel.ts';
import { DECAY_BLOCK } from './decay-blocks.ts';

export interface AdamwStep {
  /** f32, one or many parameters; updated in place, as are m and v of the same size. */
  readonly param: Tensor;
  readonly grad: Tensor;
  /** Running mean of gradients; zero before the first step. */
  readonly m: Tensor;
  /** Running mean of squared gradients; zero before the first step. */
  readonly v: Tensor;
  /** f16, as many: receives the updated parameters, rounded; what a model in mixed precision reads. */
  readonly half?: Tensor | null | undefined;
  /** [8], f32, from `stepControl`: whether to update at all, and by which numbers. */
  readonly control: Tensor;
  /** [⌈size / 4096⌉], u32, from `toDecayBlocks`: 1 where weights are decayed, 2 where they are another optimizer's. */
  readonly decayBlocks: Tensor;
  /** As in `stepNumbers`. */
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of v, outside the bias correction. */
  readonly epsilon: number;
}

/**
 * Records one AdamW update, as `torch.optim.AdamW`. Where `control` says skip, nothing changes.
 * @throws ShapeError DTypeError ArgumentError
 */
export function adamwStep(options: AdamwStep): void {
  assertTensors(options);
  const { param, grad, m, v, half, control, decayBlocks, beta1, beta2, epsilon } = options;
  assertNumbers('adamwStep', [
    ['beta1', beta1, beta1 >= 0 && beta1 < 1, 'in [0, 1)'],
    ['beta2', beta2, beta2 >= 0 && beta2 < 1, 'in [0, 1)'],
    ['epsilon', epsilon, epsilon >= 0, 'at least 0'],
  ]);
  adamwKernel.run(param.device, {
    dims: {
      size: param.size,
      eps: epsilon,
      oneMinusBeta1: 1 - beta1,
      beta2,
      oneMinusBeta2: 1 - beta2,
      hasHalf: !!half,
    },
    tensors: { param, grad, m, v, half, control, decay_blocks: decayBlocks },
  });
}

function assertTensors({ param, grad, m, v, half, control, decayBlocks }: AdamwStep): void {
  for (const [name, tensor] of Object.entries({ param, grad, m, v })) {
    assertDType('adamwStep', name, tensor, 'f32');
    assertSize(name, tensor, param.size, `as many as in param ${param.label}`);
  }
  if (half) {
    assertDType('adamwStep', 'half', half, 'f16');
    assertSize('half', half, param.size, `as many as in param ${param.label}`);
  }
  assertDType('adamwStep', 'control', control, 'f32');
  assertSize('control', control, 8, 'as stepControl returns them');
  assertDType('adamwStep', 'decayBlocks', decayBlocks, 'u32');
  const blocks = Math.ceil(param.size / DECAY_BLOCK);
  assertSize('decayBlocks', decayBlocks, blocks, `one for ${DECAY_BLOCK} elements of param`);
}

function assertSize(name: string, tensor: Tensor, size: number, reason: string): void {
  if (tensor.size === size) return;
  throw new ShapeError(
    `adamwStep: expected ${name} of ${size} elements, ${reason}, got ${formatShape(tensor.shape)}.`,
  );
}
