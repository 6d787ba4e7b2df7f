// Debug mode: a small kernel behind every upload and op looks for NaN and infinity; the first in program order is named.

import type { Tensor } from '../api.ts';
import type { BufferPool } from '../buffer-pool.ts';
import { type PooledBuffer, rangeOf } from '../buffer-range.ts';
import type { Command } from '../command.ts';
import { foldGrid } from '../grid.ts';
import type { Program } from '../program.ts';
import { Readback } from '../readback.ts';
import { getStorage } from '../tensor.ts';
import { Findings, WORDS_PER_CHECK } from './findings.ts';
import finiteCheckWgsl from './finite-check.wgsl';
import type { Checked, CheckedRole } from './non-finite-message.ts';

const program: Program = {
  label: 'finite-check',
  wgsl: finiteCheckWgsl,
  access: ['read', 'read_write'],
  hasParams: true,
};

/** Elements that one workgroup looks at: 64 threads of 16 words. */
const WORDS_PER_GROUP = 1024;
/** Checks that share one buffer of findings. */
const CHECKS_PER_BUFFER = 1024;

const BUFFER_BYTES = CHECKS_PER_BUFFER * WORDS_PER_CHECK * 4;

interface Host {
  readonly pool: BufferPool;
  record(command: Command): void;
}

export class FiniteChecks {
  readonly #host: Host;
  #checked: Checked[] = [];
  #buffers: PooledBuffer[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  /** Records a check of each tensor of floats; integers, such as two-part numbers, are passed over. */
  check(op: string, role: CheckedRole, tensors: readonly (Tensor | null | undefined)[]): void {
    tensors.forEach((tensor, index) => {
      if (!tensor || (tensor.dtype !== 'f32' && tensor.dtype !== 'f16')) return;
      const { label, dtype, shape } = tensor;
      this.#record(tensor);
      this.#checked.push({ op, role, label, dtype, shape, index, count: tensors.length });
    });
  }

  /** Records the copies of what was found since the last call; null if nothing was checked. */
  collect(): Findings | null {
    if (this.#checked.length === 0) return null;
    const readbacks = this.#buffers.map((buffer) => {
      const readback = new Readback(this.#host.pool, [rangeOf(buffer, BUFFER_BYTES)]);
      for (const copy of readback.copies()) this.#host.record(copy);
      this.#host.pool.release(buffer);
      return readback;
    });
    const findings = new Findings(this.#checked, readbacks);
    this.#checked = [];
    this.#buffers = [];
    return findings;
  }

  #record(tensor: Tensor): void {
    const { size, dtype } = tensor;
    const slot = this.#checked.length % CHECKS_PER_BUFFER;
    if (slot === 0) this.#openBuffer();
    const isF16 = dtype === 'f16';
    const words = isF16 ? Math.ceil(size / 2) : size;
    this.#host.record({
      kind: 'dispatch',
      program,
      buffers: [getStorage(tensor), rangeOf(this.#buffers.at(-1) as PooledBuffer, BUFFER_BYTES)],
      params: new Uint8Array(Uint32Array.of(size, slot, isF16 ? 1 : 0).buffer),
      workgroups: foldGrid(Math.ceil(words / WORDS_PER_GROUP)),
    });
  }

  #openBuffer(): void {
    const buffer = this.#host.pool.acquire(BUFFER_BYTES, 'findings');
    this.#buffers.push(buffer);
    this.#host.record({ kind: 'clear', target: rangeOf(buffer, BUFFER_BYTES) });
  }
}
