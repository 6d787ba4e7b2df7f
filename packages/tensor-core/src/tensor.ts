// Tensor: a typed, shaped handle on GPU memory. Contiguous, row-major, at least one element.

import './symbol-dispose.ts';
import type { PooledBuffer } from './buffer-pool.ts';
import type { Device } from './device.ts';
import { DTYPE_BYTES, type DType, type HostArray } from './dtype.ts';
import { DisposedTensorError, ShapeError } from './errors.ts';
import { formatShape, type Shape, shapeSize } from './shape.ts';

/** GPU memory shared by the handles that view it; goes back to the pool with the last of them. */
export interface Storage {
  readonly buffer: PooledBuffer;
  /** Bytes in use, a multiple of 4. */
  readonly byteLength: number;
  references: number;
}

let nextId = 1;

export class Tensor implements Disposable {
  /** Unique in this process; the tape knows tensors by it. */
  readonly id: number = nextId++;
  readonly device: Device;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly label: string;
  readonly #storage: Storage;
  #disposed = false;

  /** Takes over one reference to `storage`. Users call `device.tensor`, `device.empty` or `device.zeros`. */
  constructor(device: Device, storage: Storage, shape: Shape, dtype: DType, label: string) {
    this.device = device;
    this.#storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.label = label;
  }

  /** Number of elements. */
  get size(): number {
    return shapeSize(this.shape);
  }

  /** Bytes of the elements, rounded up to a multiple of 4. */
  get byteLength(): number {
    return Math.ceil((this.size * DTYPE_BYTES[this.dtype]) / 4) * 4;
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** The memory behind the handle. @throws DisposedTensorError */
  get storage(): Storage {
    if (this.#disposed) {
      throw new DisposedTensorError(
        `tensor ${this.label} ${formatShape(this.shape)} was used after dispose(), or after the device.scope that owned it ended. Return it from the scope to keep it.`,
      );
    }
    return this.#storage;
  }

  /** Another handle on the same memory, owned by the caller alone (no scope frees it). */
  alias(shape: Shape = this.shape): Tensor {
    if (shapeSize(shape) !== this.size) {
      throw new ShapeError(
        `reshape: expected ${this.size} elements to match ${formatShape(this.shape)}, got ${formatShape(shape)}.`,
      );
    }
    this.storage.references++;
    return new Tensor(this.device, this.#storage, shape, this.dtype, this.label);
  }

  /** Submits what is recorded and reads the elements back. f16 comes as Float32Array. */
  data(): Promise<HostArray> {
    return this.device.read(this);
  }

  /** Gives the memory back once no other handle or tape needs it. Calling it twice is harmless. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.device.releaseStorage(this.#storage);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
