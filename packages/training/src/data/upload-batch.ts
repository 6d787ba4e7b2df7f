// A batch of tokens on the device.

import type { Device } from '@vulpes/tensor-core';
import type { TensorBatch } from '../model.ts';
import type { TokenBatch } from './batches.ts';

export function uploadBatch(device: Device, { inputs, labels, shape }: TokenBatch): TensorBatch {
  return {
    inputIds: device.tensor(inputs, shape, { label: 'inputIds' }),
    labels: device.tensor(labels, shape, { label: 'labels' }),
  };
}
