// stopGradient: how statistics and decisions read a tensor that is being differentiated.

import type { Tensor } from '../api.ts';
import { adopt } from '../internals.ts';
import { aliasTensor } from '../tensor.ts';

/**
 * The same memory as a constant: no gradient goes through it, and functions without a gradient take it.
 * The view belongs to the scope that is open, else to the caller.
 */
export function stopGradient(x: Tensor): Tensor {
  return adopt(aliasTensor(x));
}
