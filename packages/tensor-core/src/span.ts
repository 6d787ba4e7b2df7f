// Several tensors by one binding: what lies in one buffer, such as parameters of an arena.

import type { Tensor } from './api.ts';
import { adopt } from './internals.ts';
import { coveringTensor, getStorage } from './tensor.ts';

/**
 * One tensor over f32 tensors that lie in one buffer, for a kernel that reads all of them by one binding; null where they lie in several.
 * Owned by the scope that is open.
 */
export function spanOf(tensors: readonly Tensor[]): Tensor | null {
  const buffers = new Set(tensors.map((tensor) => getStorage(tensor).buffer));
  return buffers.size === 1 ? adopt(coveringTensor(tensors)) : null;
}
