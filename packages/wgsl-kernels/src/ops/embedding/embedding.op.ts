// Embedding: rows of a table by id, and the table's gradient, the same bits every time.

import { assertShape, defineOp, type ForwardContext, type Tensor } from '@vulpes/tensor-core';
import { assertDType, assertFloat } from '../../lib/check.ts';
import {
  embeddingBackward,
  embeddingForward,
  isGradientByToken,
  linkOccurrences,
} from './embedding.kernel.ts';

const embeddingOp = defineOp({
  name: 'embedding',
  constants: ['ids'],
  forward({ device, inputs: { ids, weight } }: ForwardContext<{ ids: Tensor; weight: Tensor }>) {
    const [vocab, columns] = weight.shape as [number, number];
    const y = device.empty([...ids.shape, columns], { label: 'embedding' });
    embeddingForward.run(device, {
      dims: { tokens: ids.size, vocab, columns, dtype: weight.dtype },
      tensors: { ids, weight, y },
    });
    // Backward wants the table's shape, not its values.
    return { output: y, saved: { ids, weight } };
  },
  backward({ device, dOutput: dy, saved: { ids, weight }, makeGradient }) {
    const [vocab, columns] = weight.shape as [number, number];
    const dims = { tokens: ids.size, vocab, columns };
    const first = device.zeros([vocab], { dtype: 'u32', label: 'first occurrence' });
    const next = device.empty([ids.size], { dtype: 'u32', label: 'next occurrence' });
    const dweight = makeGradient('weight');
    if (isGradientByToken(dims)) device.fillZero(dweight);
    linkOccurrences.run(device, {
      dims,
      tensors: { ids, first, next },
    });
    embeddingBackward.run(device, {
      dims: { ...dims, dtype: dweight.dtype },
      tensors: { ids, first, next, dy, dweight },
    });
    return { weight: dweight };
  },
});

/**
 * Rows of a table. The host cannot see ids on the GPU: one outside the table gives a row of NaN, and no gradient.
 * @param ids - i32, [...]
 * @param weight - [V, h], f32 or f16
 * @returns [..., h], f32
 * @throws ShapeError DTypeError
 */
export function embedding(ids: Tensor, weight: Tensor): Tensor {
  assertDType('embedding', 'ids', ids, 'i32');
  assertFloat('embedding', 'weight', weight);
  assertShape('embedding', 'weight', weight, ['V', 'h']);
  return embeddingOp({ ids, weight });
}
