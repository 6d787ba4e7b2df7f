// Bytes on their way from the GPU to the host: copies to record, and a buffer to map once they have run.

import type { BufferPool } from './buffer-pool.ts';
import type { BufferRange, PooledBuffer } from './buffer-range.ts';
import type { CopyCommand } from './command.ts';
import type { ErrorWatch } from './error-watch.ts';

const MAP_READ = 1;

export class Readback {
  readonly #pool: BufferPool;
  readonly #sources: readonly BufferRange[];
  readonly #target: PooledBuffer;
  #isMapped = false;

  constructor(pool: BufferPool, sources: readonly BufferRange[]) {
    this.#pool = pool;
    this.#sources = sources;
    const total = sources.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#target = pool.acquireReadable(total);
  }

  /** Copies of the sources, one behind the other. */
  copies(): CopyCommand[] {
    let byteOffset = 0;
    return this.#sources.map((source) => {
      const { byteLength } = source;
      const target = { buffer: this.#target, byteOffset, byteLength };
      byteOffset += byteLength;
      return { kind: 'copy', source, target };
    });
  }

  /** Waits for the copies, which must have been submitted. @returns the bytes of each source @throws DeviceLostError */
  async bytes(errors: ErrorWatch): Promise<ArrayBuffer[]> {
    const { gpu } = this.#target;
    await errors.guard(gpu.mapAsync(MAP_READ));
    this.#isMapped = true;
    const mapped = gpu.getMappedRange();
    let start = 0;
    return this.#sources.map(({ byteLength }) => {
      const end = start + byteLength;
      const bytes = mapped.slice(start, end);
      start = end;
      return bytes;
    });
  }

  /** Gives the buffer back; call it once, in the end. */
  release(): void {
    // A buffer whose mapping failed is of no more use.
    if (this.#isMapped) this.#target.gpu.unmap();
    this.#pool.releaseReadable(this.#target, { isReusable: this.#isMapped });
  }
}
