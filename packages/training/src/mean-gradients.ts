// Gradients of several micro batches, averaged in an arena of their own.

import { type Arena, createArena, type Device, type Tensor } from '@vulpes/tensor-core';
import { accumulate } from '@vulpes/wgsl-kernels';
import type { BatchGradients, BatchResult } from './batch-gradients.ts';
import type { TokenBatch } from './data/batches.ts';
import type { Model } from './model.ts';
import { arenaEntries } from './trained-state.ts';

export class MeanGradients {
  readonly arena: Arena;
  readonly #device: Device;

  constructor(model: Model) {
    this.arena = createArena(model.device, arenaEntries(model), { label: 'mean gradients' });
    this.#device = model.device;
  }

  /** @returns what each batch gave, in tensors of its own */
  run(gradients: BatchGradients, microBatches: readonly TokenBatch[]): BatchResult[] {
    const { slabs } = this.arena;
    for (const slab of slabs) this.#device.fillZero(slab);
    return microBatches.map((batch) => {
      const { loss, pruningCounts } = gradients.run(batch);
      slabs.forEach((slab, index) => {
        accumulate(slab, gradients.arena.slabs[index] as Tensor, 1 / microBatches.length);
      });
      return { loss: copyOf(loss), pruningCounts: pruningCounts.map(copyOf) };
    });
  }

  dispose(): void {
    this.arena.dispose();
  }
}

function copyOf(source: Tensor): Tensor {
  const { device, shape, dtype, label } = source;
  const copy = device.empty(shape, { dtype, label });
  device.copy(source, copy);
  return copy;
}
