// Tensor: a typed, shaped handle on GPU memory, and what this package alone may do with it.

import './symbol-dispose.ts';
import type { Device, Tensor } from './api.ts';
import { DTYPE_BYTES, type DType, type HostArray } from './dtype.ts';
import { ArgumentError, DisposedTensorError, invariant, ShapeError } from './errors.ts';
import { assertValidShape, formatShape, type Shape, shapeSize } from './shape.ts';
import type { Storage } from './storage.ts';

interface TensorParts {
  readonly device: Device;
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
    this.device = parts.device;
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

  async data(): Promise<HostArray> {
    const [data] = await this.device.read([this]);
    return data as HostArray;
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

/** Whether two tensors lie in one GPU buffer: one launch cannot read one of them and write the other. */
export const shareBuffer = (a: Tensor, b: Tensor): boolean =>
  getStorage(a).buffer === getStorage(b).buffer;

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

/** Bytes that a part of a tensor begins at are a multiple of it: what every device can bind. */
export const SLICE_BYTES = 256;

/** A handle on a part of a tensor, owned by the caller alone. @param offset - of its first element @throws ArgumentError ShapeError */
export function sliceTensor(tensor: Tensor, offset: number, shape: Shape): Tensor {
  assertValidShape(shape, `slice of ${tensor.label}`);
  const parts = GpuTensor.parts(tensor);
  const elementBytes = DTYPE_BYTES[parts.dtype];
  const byteOffset = offset * elementBytes;
  if (!(Number.isInteger(offset) && offset >= 0 && byteOffset % SLICE_BYTES === 0)) {
    throw new ArgumentError(
      `slice of ${tensor.label}: expected an offset that is a multiple of ${SLICE_BYTES / elementBytes} elements, got ${offset}.`,
    );
  }
  const size = shapeSize(shape);
  if (offset + size > tensor.size) {
    throw new ShapeError(
      `slice of ${tensor.label}: expected at most ${tensor.size - offset} elements from ${offset} on, got ${formatShape(shape)}.`,
    );
  }
  const byteLength = Math.ceil((size * elementBytes) / 4) * 4;
  return new GpuTensor({ ...parts, shape, storage: parts.storage.slice(byteOffset, byteLength) });
}

/** A tensor as `like`, on other memory of the same layout; owned by the caller alone. @param base - the whole memory */
export function tensorOn(base: Tensor, like: Tensor): Tensor {
  const { byteOffset, byteLength } = getStorage(like);
  const storage = getStorage(base).slice(byteOffset, byteLength);
  return new GpuTensor({ ...GpuTensor.parts(like), storage });
}

/** f32 from the first to the last element of tensors in one buffer, for a launch that writes several; owned by the caller alone. */
export function coveringTensor(tensors: readonly Tensor[]): Tensor {
  const [first, ...others] = tensors;
  invariant(first, 'coveringTensor: expected a tensor, got none');
  const storages = tensors.map(getStorage);
  const storage = getStorage(first);
  invariant(
    storages.every(({ buffer }) => buffer === storage.buffer),
    `coveringTensor: ${first.label} and ${others.length} others lie in several buffers`,
  );
  const start = Math.min(...storages.map(({ byteOffset }) => byteOffset));
  const end = Math.max(...storages.map(({ byteOffset, byteLength }) => byteOffset + byteLength));
  const range = storage.slice(start - storage.byteOffset, end - start);
  return new GpuTensor({
    ...GpuTensor.parts(first),
    dtype: 'f32',
    shape: [(end - start) / 4],
    storage: range,
  });
}

/** Elements of a span before those of one of its tensors. */
export const offsetIn = (span: Tensor, tensor: Tensor): number =>
  (getStorage(tensor).byteOffset - getStorage(span).byteOffset) / 4;
