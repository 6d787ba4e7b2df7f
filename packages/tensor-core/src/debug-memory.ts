// Poisoned memory for tests: every new buffer is filled with a pattern, and words behind each tensor show stray writes.

import type { BufferPool } from './buffer-pool.ts';
import { type PooledBuffer, rangeOf } from './buffer-range.ts';
import type { CommandQueue } from './command-queue.ts';
import { GpuValidationError } from './errors.ts';

/** Extra bytes to allocate behind a guarded tensor's own. */
export const GUARD_BYTES = 256;
const GUARD_WORD = 0x7fa5a5a5; // a NaN as f32

interface Guarded {
  readonly buffer: PooledBuffer;
  readonly byteLength: number;
  readonly label: string;
  isReleased: boolean;
}

export class DebugMemory {
  readonly #pool: BufferPool;
  readonly #queue: CommandQueue;
  readonly #guarded = new Map<PooledBuffer, Guarded>();
  #fill: number | null = null;

  constructor(pool: BufferPool, queue: CommandQueue) {
    this.#pool = pool;
    this.#queue = queue;
  }

  /** New tensors are to be guarded. */
  get isOn(): boolean {
    return this.#fill !== null;
  }

  /** Extra bytes to bind, so that a write behind the tensor reaches the guard words instead of being clamped. @param end - of the bytes in use that are bound */
  guardBytesOf(buffer: PooledBuffer, end: number): number {
    return this.#guarded.get(buffer)?.byteLength === end ? GUARD_BYTES : 0;
  }

  /** From now on new tensors hold `word` in every element and their memory is not reused, until `stop`. */
  start(word: number): void {
    this.#fill = word;
  }

  /** @throws GpuValidationError naming the tensor whose guard words were overwritten. */
  async stop(): Promise<void> {
    this.#fill = null;
    try {
      for (const guarded of this.#guarded.values()) await this.#assertIntact(guarded);
    } finally {
      for (const { buffer, isReleased } of this.#guarded.values()) {
        if (isReleased) this.#discard(buffer);
      }
    }
  }

  /** Fills a new tensor's buffer, which has `GUARD_BYTES` more than the tensor takes. */
  guard(buffer: PooledBuffer, byteLength: number, label: string): void {
    const words = new Uint32Array((byteLength + GUARD_BYTES) / 4).fill(this.#fill ?? 0);
    words.fill(GUARD_WORD, byteLength / 4);
    const bytes = new Uint8Array(words.buffer);
    this.#queue.record({ kind: 'write', target: rangeOf(buffer, bytes.byteLength), bytes });
    this.#guarded.set(buffer, { buffer, byteLength, label, isReleased: false });
  }

  /** Takes a released buffer over, if it is a guarded one. */
  onRelease(buffer: PooledBuffer): boolean {
    const guarded = this.#guarded.get(buffer);
    if (!guarded) return false;
    guarded.isReleased = true;
    if (this.#fill === null) this.#discard(buffer);
    return true;
  }

  /** Destroys a buffer instead of keeping it for reuse. */
  #discard(buffer: PooledBuffer): void {
    this.#guarded.delete(buffer);
    this.#pool.discard(buffer);
  }

  async #assertIntact({ buffer, byteLength, label }: Guarded): Promise<void> {
    const [bytes] = await this.#queue.read([rangeOf(buffer, byteLength + GUARD_BYTES)]);
    if (new Uint32Array(bytes as ArrayBuffer, byteLength).every((word) => word === GUARD_WORD))
      return;
    throw new GpuValidationError(`stray write: a kernel wrote behind the end of tensor ${label}`);
  }
}
