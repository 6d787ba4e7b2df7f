// A tensor whose first dimension doubles when more is needed; what it holds stays at the front.

import type { Device, Tensor, TensorOptions } from '@vulpes/tensor-core';
import { copyFront } from './cache.kernel.ts';

export class GrowableTensor implements Disposable {
  readonly #device: Device;
  /** Of one row; a multiple of 4 elements of 4 bytes. */
  readonly #rowShape: readonly number[];
  readonly #options: TensorOptions;
  #tensor: Tensor;

  constructor(device: Device, rowShape: readonly number[], options: TensorOptions) {
    this.#device = device;
    this.#rowShape = rowShape;
    this.#options = options;
    this.#tensor = device.keep(device.empty([1, ...rowShape], options));
  }

  /** [capacity, ...row] */
  get tensor(): Tensor {
    return this.#tensor;
  }

  get capacity(): number {
    return this.#tensor.shape[0] as number;
  }

  /** Makes room for `rows` of them. @returns whether the tensor was replaced by a larger one */
  reserve(rows: number): boolean {
    if (rows <= this.capacity) return false;
    const capacity = Math.max(rows, 2 * this.capacity);
    const source = this.#tensor;
    const grown = this.#device.keep(
      this.#device.empty([capacity, ...this.#rowShape], this.#options),
    );
    const vectors = source.size / 4;
    copyFront.run(this.#device, {
      dims: { vectors },
      tensors: { source, target_front: grown },
    });
    this.#tensor = grown;
    source.dispose();
    return true;
  }

  dispose(): void {
    this.#tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
