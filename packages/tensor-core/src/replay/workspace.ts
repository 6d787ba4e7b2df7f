// The memory that all plans of a device compute in: a run leaves nothing there that the next run of any plan needs.

import type { BufferPool } from '../buffer-pool.ts';
import type { PooledBuffer } from '../buffer-range.ts';

export class Workspace {
  readonly #pool: BufferPool;
  /** With the number of plans that use each. */
  readonly #users = new Map<PooledBuffer, number>();

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** A buffer of its own for each size: the smallest there is that fits, else a new one. */
  take(sizes: readonly number[]): PooledBuffer[] {
    const free = [...this.#users.keys()].sort((a, b) => a.capacity - b.capacity);
    return sizes.map((byteLength) => {
      const found = free.findIndex(({ capacity }) => capacity >= byteLength);
      const buffer =
        found >= 0 ? (free.splice(found, 1)[0] as PooledBuffer) : this.#pool.reserve(byteLength);
      this.#users.set(buffer, (this.#users.get(buffer) ?? 0) + 1);
      return buffer;
    });
  }

  giveBack(buffers: readonly PooledBuffer[]): void {
    for (const buffer of buffers) {
      const users = (this.#users.get(buffer) ?? 0) - 1;
      if (users > 0) {
        this.#users.set(buffer, users);
        continue;
      }
      this.#users.delete(buffer);
      this.#pool.discard(buffer);
    }
  }
}
