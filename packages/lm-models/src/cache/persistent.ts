// Tensors that outlive the scope in which they happen to be made: the cache owns them alone.

import type { Device, Shape, Tensor, TensorOptions } from '@vulpes/tensor-core';

const escaped = (tensor: Tensor): Tensor => {
  const kept = tensor.alias();
  tensor.dispose();
  return kept;
};

export const persistentEmpty = (device: Device, shape: Shape, options?: TensorOptions): Tensor =>
  escaped(device.empty(shape, options));

export const persistentZeros = (device: Device, shape: Shape, options?: TensorOptions): Tensor =>
  escaped(device.zeros(shape, options));
