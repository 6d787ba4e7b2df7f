// GPU memory shared by the handles that view it.

import type { PooledBuffer } from './buffer-pool.ts';

export class Storage {
  readonly buffer: PooledBuffer;
  /** Bytes in use, a multiple of 4. */
  readonly byteLength: number;
  readonly #free: (buffer: PooledBuffer) => void;
  #handles = 1;

  /** @param free - called when the last handle is gone */
  constructor(buffer: PooledBuffer, byteLength: number, free: (buffer: PooledBuffer) => void) {
    this.buffer = buffer;
    this.byteLength = byteLength;
    this.#free = free;
  }

  get isShared(): boolean {
    return this.#handles > 1;
  }

  retain(): this {
    this.#handles++;
    return this;
  }

  release(): void {
    if (--this.#handles === 0) this.#free(this.buffer);
  }
}
