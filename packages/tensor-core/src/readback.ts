// Bytes on their way from the GPU to the host: a copy to record, and a buffer to map once the copy has run.

import type { BufferPool, PooledBuffer } from './buffer-pool.ts';
import type { Command } from './command.ts';
import type { ErrorWatch } from './error-watch.ts';

const MAP_READ = 1;

export class Readback {
  readonly #target: PooledBuffer;

  constructor(pool: BufferPool, byteLength: number) {
    this.#target = pool.createReadable(byteLength);
  }

  /** The command that copies the first bytes of `source` here. */
  copyFrom(source: PooledBuffer): Command {
    const target = this.#target;
    return { kind: 'copy', source, target, byteLength: target.capacity };
  }

  /** Waits for the copy, which must have been submitted. @throws DeviceLostError */
  async bytes(errors: ErrorWatch): Promise<ArrayBuffer> {
    await errors.guard(this.#target.gpu.mapAsync(MAP_READ));
    return this.#target.gpu.getMappedRange().slice(0);
  }

  destroy(): void {
    this.#target.gpu.destroy();
  }
}
