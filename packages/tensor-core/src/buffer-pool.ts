// Storage buffers, reused by size, with an account of every byte.

import type { MemoryStats } from './api.ts';
import type { PooledBuffer } from './buffer-range.ts';
import { DeviceLimitError, invariant, OutOfMemoryError } from './errors.ts';

/** How the pool gets memory back when it runs out. */
export interface Reclaim {
  /** Whether a recorded command that has not been submitted names the buffer. */
  isNamed(buffer: PooledBuffer): boolean;
  /** Lets go of what still keeps destroyed buffers alive, and waits until their memory is free. */
  settle(): Promise<void>;
}

interface Creation {
  readonly buffer: PooledBuffer;
  readonly descriptor: GPUBufferDescriptor;
  readonly verdict: Promise<GPUError | null>;
}

const MIN_BYTES = 256;
const LARGE_BYTES = 2 ** 26;
/** A step's report is read while the step before is still on its way. */
const MAX_KEPT_READABLE = 8;
const MAX_KEPT_READABLE_BYTES = 2 ** 20;

/** Rounds up to a size class: four steps per power of two, so at most a quarter is wasted; of large buffers a 64th. */
export function sizeClass(byteLength: number): number {
  if (byteLength <= MIN_BYTES) return MIN_BYTES;
  const steps = byteLength > LARGE_BYTES ? 64 : 4;
  const step = 2 ** Math.floor(Math.log2(byteLength - 1)) / steps;
  return Math.ceil(byteLength / step) * step;
}

const USAGE = { storage: 0x80, copySource: 0x4, copyTarget: 0x8, mapRead: 0x1 } as const;

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, PooledBuffer[]>();
  /** Buffers that plans name. */
  readonly #pinned = new Map<PooledBuffer, { count: number; isReleased: boolean }>();
  /** Buffers to read through, unmapped. */
  readonly #readable: PooledBuffer[] = [];
  /** Buffers whose creation has not been judged yet. */
  readonly #unjudged: Creation[] = [];
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
    this.assertFits(byteLength, label);
    const capacity = Math.min(sizeClass(byteLength), this.#maxBytes());
    const buffer = this.#free.get(capacity)?.pop() ?? this.#createStorage(capacity);
    this.#inUse += capacity;
    this.#peak = Math.max(this.#peak, this.#inUse);
    return buffer;
  }

  release(buffer: PooledBuffer): void {
    const pinned = this.#pinned.get(buffer);
    if (pinned) {
      pinned.isReleased = true;
      return;
    }
    this.#inUse -= buffer.capacity;
    invariant(this.#inUse >= 0, 'a buffer was released twice');
    const list = this.#free.get(buffer.capacity);
    if (list) list.push(buffer);
    else this.#free.set(buffer.capacity, [buffer]);
  }

  /** A buffer of just that size, which the caller discards in the end. */
  reserve(byteLength: number): PooledBuffer {
    const buffer = this.#createStorage(Math.ceil(byteLength / MIN_BYTES) * MIN_BYTES);
    this.#inUse += buffer.capacity;
    this.#peak = Math.max(this.#peak, this.#inUse);
    return buffer;
  }

  /** From now on the buffer is not reused, though it be released; until as many `unpin`. */
  pin(buffer: PooledBuffer): void {
    const pinned = this.#pinned.get(buffer) ?? { count: 0, isReleased: false };
    pinned.count++;
    this.#pinned.set(buffer, pinned);
  }

  unpin(buffer: PooledBuffer): void {
    const pinned = this.#pinned.get(buffer);
    invariant(pinned, 'a buffer was unpinned that was not pinned');
    if (--pinned.count > 0) return;
    this.#pinned.delete(buffer);
    if (pinned.isReleased) this.release(buffer);
  }

  /** Between two batches: equal batches shall get equal buffers, so that their bind groups are found again. Lower ids go first. */
  sortFree(): void {
    for (const list of this.#free.values()) list.sort((a, b) => b.id - a.id);
  }

  /** Destroys a buffer instead of keeping it for reuse. */
  discard(buffer: PooledBuffer): void {
    this.#inUse -= buffer.capacity;
    this.#allocated -= buffer.capacity;
    buffer.gpu.destroy();
  }

  /** Destroys the buffers that nobody holds. Only between flushes: a recorded command may still name them. */
  trim(): void {
    this.#destroyFree(() => false);
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

  /**
   * Waits for the verdict on the buffers made since the last call. Where memory ran out, frees the buffers that nobody holds
   * nor `isNamed` by a recorded command, and tries once more.
   * @param settle - lets the GPU give back what was destroyed
   * @throws OutOfMemoryError
   */
  async assertCreated({ isNamed, settle }: Reclaim): Promise<void> {
    const failed = await failedOf(this.#unjudged.splice(0));
    if (failed.length === 0) return;
    if (this.#destroyFree(isNamed) > 0) {
      await settle();
      const again = failed.map(({ buffer, descriptor }) => this.#create(buffer, descriptor));
      if ((await failedOf(again)).length === 0) return;
    }
    const megabytes = (this.#allocated / 2 ** 20).toFixed(0);
    throw new OutOfMemoryError(
      `out of GPU memory with ${megabytes} MiB allocated: ${failed[0]?.error.message} Use a smaller batch, context or model.`,
    );
  }

  /** A buffer to map for reading, of at least `byteLength` bytes. */
  acquireReadable(byteLength: number): PooledBuffer {
    const capacity = sizeClass(byteLength);
    const free = this.#readable.findIndex((buffer) => buffer.capacity === capacity);
    if (free >= 0) return this.#readable.splice(free, 1)[0] as PooledBuffer;
    const usage = USAGE.mapRead | USAGE.copyTarget;
    return this.#createUnjudged(-1, { size: capacity, usage, label: 'readback' });
  }

  /** Keeps a few small ones for the next reads. */
  releaseReadable(buffer: PooledBuffer, { isReusable }: { isReusable: boolean }): void {
    const keeps = isReusable && buffer.capacity <= MAX_KEPT_READABLE_BYTES;
    if (keeps && this.#readable.length < MAX_KEPT_READABLE) this.#readable.push(buffer);
    else buffer.gpu.destroy();
  }

  #createStorage(capacity: number): PooledBuffer {
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    const id = this.#nextId++;
    this.#allocated += capacity;
    return this.#createUnjudged(id, { size: capacity, usage, label: `pool-${id}` });
  }

  /** Whether there was memory for it is known later: `assertCreated` waits for the verdict. */
  #createUnjudged(id: number, descriptor: GPUBufferDescriptor): PooledBuffer {
    const buffer = { id, capacity: descriptor.size } as PooledBuffer;
    this.#unjudged.push(this.#create(buffer, descriptor));
    return buffer;
  }

  /** Gives the buffer its GPU memory, inside an error scope. */
  #create(buffer: PooledBuffer, descriptor: GPUBufferDescriptor): Creation {
    this.#device.pushErrorScope('out-of-memory');
    buffer.gpu = this.#device.createBuffer(descriptor);
    return { buffer, descriptor, verdict: this.#device.popErrorScope() };
  }

  /** @returns how many went */
  #destroyFree(isNamed: (buffer: PooledBuffer) => boolean): number {
    const readable = this.#readable.splice(0);
    for (const { gpu } of readable) gpu.destroy();
    let count = readable.length;
    for (const [capacity, list] of this.#free) {
      const unnamed = list.filter((buffer) => !isNamed(buffer));
      for (const buffer of unnamed) {
        this.#allocated -= capacity;
        buffer.gpu.destroy();
      }
      count += unnamed.length;
      this.#free.set(capacity, list.filter(isNamed));
    }
    return count;
  }

  #maxBytes(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    return Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 4) * 4;
  }

  /** @throws DeviceLimitError where the device cannot bind so much at once */
  assertFits(byteLength: number, label: string): void {
    if (byteLength <= this.#maxBytes()) return;
    throw new DeviceLimitError(
      `tensor ${label}: expected at most ${this.#maxBytes()} bytes (this device's storage binding limit), got ${byteLength}. Use a smaller batch, context or chunk.`,
    );
  }
}

async function failedOf(
  creations: readonly Creation[],
): Promise<(Creation & { readonly error: GPUError })[]> {
  const verdicts = await Promise.all(creations.map(({ verdict }) => verdict));
  return creations.flatMap((creation, index) => {
    const error = verdicts[index];
    return error ? [{ ...creation, error }] : [];
  });
}
