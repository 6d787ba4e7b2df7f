// Tensor: a typed, shaped handle on GPU memory, and what this package alone may do with it.

import './symbol-dispose.ts';
import type { Device, Tensor } from './api.ts';
import { DTYPE_BYTES, type DType, type HostArray } from './dtype.ts';
import { DisposedTensorError, invariant, ShapeError } from './errors.ts';
import { formatShape, type Shape, shapeSize } from './shape.ts';
import type { Storage } from './storage.ts';

/** The device of a tensor, and how it reads one. */
export interface TensorHost {
  readonly device: Device;
  read(tensor: Tensor): Promise<HostArray>;
}

interface TensorParts {
  readonly host: TensorHost;
  /** The tensor takes over one reference. */
  readonly storage: Storage;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly label: string;
}

let nextId = 1;

class GpuTensor implements Tensor {
  /** The tape knows tensors by it. */
  readonly id: number = nextId++;
  readonly device: Device;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly label: string;
  readonly #parts: TensorParts;
  #disposed = false;

  constructor(parts: TensorParts) {
    this.device = parts.host.device;
    this.shape = parts.shape;
    this.dtype = parts.dtype;
    this.label = parts.label;
    this.#parts = parts;
  }

  get size(): number {
    return shapeSize(this.shape);
  }

  get byteLength(): number {
    return Math.ceil((this.size * DTYPE_BYTES[this.dtype]) / 4) * 4;
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  data(): Promise<HostArray> {
    return this.#parts.host.read(this);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#parts.storage.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @throws DisposedTensorError */
  static parts(tensor: Tensor): TensorParts {
    invariant(tensor instanceof GpuTensor, 'a tensor of another copy of tensor-core');
    if (!tensor.#disposed) return tensor.#parts;
    throw new DisposedTensorError(
      `tensor ${tensor.label} ${formatShape(tensor.shape)} was used after dispose(), or after the device.scope that owned it ended. Return it from the scope to keep it.`,
    );
  }
}

export const makeTensor = (parts: TensorParts): Tensor => new GpuTensor(parts);

export const isTensor = (value: unknown): value is Tensor => value instanceof GpuTensor;

/** The memory behind a handle. @throws DisposedTensorError */
export const getStorage = (tensor: Tensor): Storage => GpuTensor.parts(tensor).storage;

/** Another handle on the same memory, owned by the caller alone (no scope frees it). @throws ShapeError */
export function aliasTensor(tensor: Tensor, shape: Shape = tensor.shape): Tensor {
  const parts = GpuTensor.parts(tensor);
  if (shapeSize(shape) !== tensor.size) {
    throw new ShapeError(
      `reshape: expected ${tensor.size} elements to match ${formatShape(tensor.shape)}, got ${formatShape(shape)}.`,
    );
  }
  return new GpuTensor({ ...parts, storage: parts.storage.retain(), shape });
}
