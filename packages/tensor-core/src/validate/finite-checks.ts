// Debug mode: a small kernel behind every upload and op looks for NaN and infinity, another for offsets out of order; the first in program order is named.

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
import type { Checked, FiniteRole } from './non-finite-message.ts';
import orderCheckWgsl from './order-check.wgsl';

const program: Program = {
  label: 'finite-check',
  wgsl: finiteCheckWgsl,
  access: ['read', 'read_write'],
  hasParams: true,
};

const orderProgram: Program = { ...program, label: 'order-check', wgsl: orderCheckWgsl };
/** Offsets that one workgroup looks at. */
const OFFSETS_PER_GROUP = 64;

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
  check(op: string, role: FiniteRole, tensors: readonly (Tensor | null | undefined)[]): void {
    tensors.forEach((tensor, index) => {
      if (!tensor || (tensor.dtype !== 'f32' && tensor.dtype !== 'f16')) return;
      const { label, dtype, shape, size } = tensor;
      const isF16 = dtype === 'f16';
      const words = isF16 ? Math.ceil(size / 2) : size;
      this.#record(tensor, program, {
        words: [size, this.#slot, isF16 ? 1 : 0],
        groups: Math.ceil(words / WORDS_PER_GROUP),
      });
      this.#checked.push({ op, role, label, dtype, shape, index, count: tensors.length });
    });
  }

  /** Records a check that the offsets of each row, along the last dimension, do not fall. */
  checkOrder(op: string, tensor: Tensor): void {
    const { label, dtype, shape, size } = tensor;
    this.#record(tensor, orderProgram, {
      words: [size, this.#slot, shape.at(-1) ?? 1],
      groups: Math.ceil(size / OFFSETS_PER_GROUP),
    });
    this.#checked.push({ op, role: 'offsets', label, dtype, shape, index: 0, count: 1 });
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

  /** Row of the next check in its buffer of findings. */
  get #slot(): number {
    return this.#checked.length % CHECKS_PER_BUFFER;
  }

  #record(
    tensor: Tensor,
    program: Program,
    { words, groups }: { words: readonly number[]; groups: number },
  ): void {
    if (this.#slot === 0) this.#openBuffer();
    this.#host.record({
      kind: 'dispatch',
      program,
      buffers: [getStorage(tensor), rangeOf(this.#buffers.at(-1) as PooledBuffer, BUFFER_BYTES)],
      params: new Uint8Array(Uint32Array.from(words).buffer),
      workgroups: foldGrid(groups),
    });
  }

  #openBuffer(): void {
    const buffer = this.#host.pool.acquire(BUFFER_BYTES, 'findings');
    this.#buffers.push(buffer);
    this.#host.record({ kind: 'clear', target: rangeOf(buffer, BUFFER_BYTES) });
  }
}
