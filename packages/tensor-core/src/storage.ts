// GPU memory shared by the handles that view it, whole or in part.

import type { BufferRange, PooledBuffer } from './buffer-range.ts';

/** A buffer and how many handles hold it. */
class Allocation {
  readonly buffer: PooledBuffer;
  readonly #free: (buffer: PooledBuffer) => void;
  handles = 1;

  constructor(buffer: PooledBuffer, free: (buffer: PooledBuffer) => void) {
    this.buffer = buffer;
    this.#free = free;
  }

  release(): void {
    if (--this.handles === 0) this.#free(this.buffer);
  }
}

export class Storage implements BufferRange {
  readonly #allocation: Allocation;
  readonly byteOffset: number;
  /** Bytes in use, a multiple of 4. */
  readonly byteLength: number;

  private constructor(allocation: Allocation, byteOffset: number, byteLength: number) {
    this.#allocation = allocation;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }

  /** The first handle on a buffer. @param free - called when the last one is gone */
  static of(
    buffer: PooledBuffer,
    byteLength: number,
    free: (buffer: PooledBuffer) => void,
  ): Storage {
    return new Storage(new Allocation(buffer, free), 0, byteLength);
  }

  get buffer(): PooledBuffer {
    return this.#allocation.buffer;
  }

  /** Others hold the buffer, too. */
  get isShared(): boolean {
    return this.#allocation.handles > 1;
  }

  retain(): this {
    this.#allocation.handles++;
    return this;
  }

  /** A handle on a part. @param byteOffset - from the start of this one */
  slice(byteOffset: number, byteLength: number): Storage {
    this.#allocation.handles++;
    return new Storage(this.#allocation, this.byteOffset + byteOffset, byteLength);
  }

  release(): void {
    this.#allocation.release();
  }
}
