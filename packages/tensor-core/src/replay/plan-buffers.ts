// GPU buffers for a recording: some of its own, the others from the workspace.

import type { BufferPool } from '../buffer-pool.ts';
import type { PooledBuffer } from '../buffer-range.ts';
import { assignSlots } from './assign-slots.ts';
import { findLifetimes } from './lifetimes.ts';
import type { Recording } from './step-plan.ts';
import type { VirtualBuffer } from './virtual-buffers.ts';
import type { Workspace } from './workspace.ts';

/** By buffer of the recording: memory of the tensors that a step returns. */
export type OutputMemory = ReadonlyMap<VirtualBuffer, PooledBuffer>;

export interface PlannedRecording extends Recording {
  readonly outputMemory: OutputMemory;
}

export class PlanBuffers {
  readonly #pool: BufferPool;
  readonly #workspace: Workspace;
  /** Host data that every run reads: never used for anything else. */
  readonly #constants: ReadonlyMap<VirtualBuffer, PooledBuffer>;
  readonly #outputs: OutputMemory;
  /** From the workspace, shared where lives allow it. */
  readonly #shared: readonly PooledBuffer[];
  readonly #temporaries: ReadonlyMap<VirtualBuffer, PooledBuffer>;

  constructor(
    pool: BufferPool,
    workspace: Workspace,
    { commands, buffers, outputMemory }: PlannedRecording,
  ) {
    this.#pool = pool;
    this.#workspace = workspace;
    this.#outputs = outputMemory;
    const written = new Set<PooledBuffer>(
      commands.flatMap((command) => (command.kind === 'write' ? [command.target.buffer] : [])),
    );
    this.#constants = new Map(
      buffers
        .filter((buffer) => written.has(buffer))
        .map((buffer) => [buffer, pool.reserve(buffer.capacity)]),
    );
    const kept = new Set<PooledBuffer>([...outputMemory.keys(), ...written]);
    const lifetimes = findLifetimes(commands, kept);
    const { slotOf, slots } = assignSlots([...lifetimes.values()]);
    this.#shared = workspace.take(slots);
    this.#temporaries = new Map(
      [...lifetimes.keys()].map((buffer, index) => [
        buffer,
        this.#shared[slotOf[index] as number] as PooledBuffer,
      ]),
    );
  }

  /** Bytes of the buffers, those that other plans use, too, included. */
  get byteLength(): number {
    const buffers = [...this.#constants.values(), ...this.#outputs.values(), ...this.#shared];
    return buffers.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  /** Gives the recording's buffers their memory, once it is known that there is enough. */
  assign(): void {
    for (const map of [this.#constants, this.#outputs, this.#temporaries])
      for (const [buffer, { gpu }] of map) buffer.gpu = gpu;
  }

  release(): void {
    for (const buffer of this.#constants.values()) this.#pool.discard(buffer);
    this.#workspace.giveBack(this.#shared);
  }
}
