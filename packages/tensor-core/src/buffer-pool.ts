// Storage buffers, reused by size, with an account of every byte.

import { DeviceLimitError, invariant, OutOfMemoryError } from './errors.ts';

/** A GPU buffer on loan from the pool. `id` is unique for the life of the process, also across reuse of the memory. */
export interface PooledBuffer {
  readonly id: number;
  readonly gpu: GPUBuffer;
  /** Size of the GPU buffer in bytes, ≥ what was asked for. */
  readonly capacity: number;
}

export interface MemoryStats {
  /** Bytes of all buffers that exist on the GPU, in use or waiting for reuse. */
  allocatedBytes: number;
  /** Bytes of the buffers that tensors hold now. */
  inUseBytes: number;
  /** Largest `inUseBytes` since the last `resetPeak()`. */
  peakInUseBytes: number;
  liveTensors: number;
}

const MIN_BYTES = 256;

/** Rounds up to a size class: four steps per power of two, so at most a quarter is wasted. */
export function sizeClass(byteLength: number): number {
  if (byteLength <= MIN_BYTES) return MIN_BYTES;
  const step = 2 ** Math.floor(Math.log2(byteLength - 1)) / 4;
  return Math.ceil(byteLength / step) * step;
}

const USAGE = { storage: 0x80, copySource: 0x4, copyTarget: 0x8, mapRead: 0x1 } as const;

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, PooledBuffer[]>();
  readonly #creationErrors: Promise<GPUError | null>[] = [];
  #nextId = 1;
  #allocated = 0;
  #inUse = 0;
  #peak = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * A buffer of at least `byteLength` bytes; its contents are undefined.
   * @throws DeviceLimitError where the device cannot bind so much at once.
   */
  acquire(byteLength: number, label: string): PooledBuffer {
    this.#assertFits(byteLength, label);
    const capacity = Math.min(sizeClass(byteLength), this.#maxBytes());
    const buffer = this.#free.get(capacity)?.pop() ?? this.#create(capacity);
    this.#inUse += capacity;
    this.#peak = Math.max(this.#peak, this.#inUse);
    return buffer;
  }

  release(buffer: PooledBuffer): void {
    this.#inUse -= buffer.capacity;
    invariant(this.#inUse >= 0, 'a buffer was released twice');
    const list = this.#free.get(buffer.capacity);
    if (list) list.push(buffer);
    else this.#free.set(buffer.capacity, [buffer]);
  }

  /** Destroys a buffer instead of keeping it for reuse. */
  discard(buffer: PooledBuffer): void {
    this.#inUse -= buffer.capacity;
    this.#allocated -= buffer.capacity;
    buffer.gpu.destroy();
  }

  /** Destroys the buffers that nobody holds. Only between flushes: a recorded command may still name them. */
  trim(): void {
    for (const buffer of [...this.#free.values()].flat()) {
      this.#allocated -= buffer.capacity;
      buffer.gpu.destroy();
    }
    this.#free.clear();
  }

  stats(): Omit<MemoryStats, 'liveTensors'> {
    return {
      allocatedBytes: this.#allocated,
      inUseBytes: this.#inUse,
      peakInUseBytes: this.#peak,
    };
  }

  resetPeak(): void {
    this.#peak = this.#inUse;
  }

  /** Waits for the verdict on the buffers made since the last call. @throws OutOfMemoryError */
  async assertCreated(): Promise<void> {
    const errors = await Promise.all(this.#creationErrors.splice(0));
    const error = errors.find((found) => found !== null);
    if (!error) return;
    const megabytes = (this.#allocated / 2 ** 20).toFixed(0);
    throw new OutOfMemoryError(
      `out of GPU memory with ${megabytes} MiB allocated: ${error.message} Use a smaller batch, context or model.`,
    );
  }

  /** A buffer to map for reading; the caller destroys it. */
  createReadable(byteLength: number): GPUBuffer {
    return this.#createBuffer({
      size: byteLength,
      usage: USAGE.mapRead | USAGE.copyTarget,
      label: 'readback',
    });
  }

  #create(capacity: number): PooledBuffer {
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    const id = this.#nextId++;
    const gpu = this.#createBuffer({ size: capacity, usage, label: `pool-${id}` });
    this.#allocated += capacity;
    return { id, gpu, capacity };
  }

  /** Creation inside an error scope; `assertCreated` waits for the verdict. */
  #createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    this.#device.pushErrorScope('out-of-memory');
    const buffer = this.#device.createBuffer(descriptor);
    this.#creationErrors.push(this.#device.popErrorScope());
    return buffer;
  }

  #maxBytes(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    return Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 4) * 4;
  }

  #assertFits(byteLength: number, label: string): void {
    if (byteLength <= this.#maxBytes()) return;
    throw new DeviceLimitError(
      `tensor ${label}: expected at most ${this.#maxBytes()} bytes (this device's storage binding limit), got ${byteLength}. Use a smaller batch, context or chunk.`,
    );
  }
}
