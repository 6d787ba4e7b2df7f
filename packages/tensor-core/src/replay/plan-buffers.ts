// GPU buffers for a recording: some of its own, the others from the workspace.

import type { BufferPool } from '../buffer-pool.ts';
import type { PooledBuffer } from '../buffer-range.ts';
import { findLifetimes } from './lifetimes.ts';
import { planMemory } from './memory-plan.ts';
import type { Recording } from './step-plan.ts';
import type { VirtualBuffer } from './virtual-buffers.ts';
import type { Workspace } from './workspace.ts';

export class PlanBuffers {
  readonly #pool: BufferPool;
  readonly #workspace: Workspace;
  /** Outputs, and host data: they outlive a run. */
  readonly #own: ReadonlyMap<VirtualBuffer, PooledBuffer>;
  /** From the workspace, shared where lives allow it. */
  readonly #shared: readonly PooledBuffer[];
  readonly #temporaries: ReadonlyMap<VirtualBuffer, PooledBuffer>;

  constructor(pool: BufferPool, workspace: Workspace, { commands, buffers, outputs }: Recording) {
    this.#pool = pool;
    this.#workspace = workspace;
    const constants = commands.flatMap((command) =>
      command.kind === 'write' ? [command.target.buffer] : [],
    );
    const kept = new Set<PooledBuffer>([...outputs, ...constants]);
    this.#own = new Map(
      buffers
        .filter((buffer) => kept.has(buffer))
        .map((buffer) => [buffer, pool.acquire(buffer.capacity, buffer.label)]),
    );
    const lifetimes = findLifetimes(commands, kept);
    const { slotOf, slots } = planMemory([...lifetimes.values()]);
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
    return [...this.#own.values(), ...this.#shared].reduce(
      (sum, { capacity }) => sum + capacity,
      0,
    );
  }

  /** Gives the recording's buffers their memory, once it is known that there is enough. */
  assign(): void {
    for (const map of [this.#own, this.#temporaries])
      for (const [buffer, { gpu }] of map) buffer.gpu = gpu;
  }

  release(): void {
    for (const [buffer, memory] of this.#own) {
      // Somebody may still hold an output.
      if (buffer.isReleased) this.#pool.release(memory);
      else buffer.onRelease = () => this.#pool.release(memory);
    }
    this.#workspace.giveBack(this.#shared);
  }
}
