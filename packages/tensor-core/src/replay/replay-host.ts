// What a device does for compiled steps: records into virtual memory, and puts plans among its commands.

import type { BufferPool } from '../buffer-pool.ts';
import type { Command } from '../command.ts';
import type { CommandQueue } from '../command-queue.ts';
import type { TensorMemory } from '../tensor-memory.ts';
import type { OutputMemory } from './plan-buffers.ts';
import { type Recording, StepPlan } from './step-plan.ts';
import { type VirtualBuffer, VirtualBuffers } from './virtual-buffers.ts';
import { Workspace } from './workspace.ts';

interface HostParts {
  readonly pool: BufferPool;
  readonly queue: CommandQueue;
  readonly memory: TensorMemory;
}

export interface Captured<R> {
  readonly result: R;
  readonly commands: readonly Command[];
  readonly buffers: readonly VirtualBuffer[];
}

export class ReplayHost {
  readonly #parts: HostParts;
  readonly #workspace: Workspace;
  /** Debug mode: every run of a compiled step is recorded, too, and compared. */
  readonly comparesEveryRun: boolean;

  constructor(parts: HostParts, comparesEveryRun: boolean) {
    this.#parts = parts;
    this.#workspace = new Workspace(parts.pool);
    this.comparesEveryRun = comparesEveryRun;
  }

  /** Runs a body whose commands are kept instead of run, and whose tensors have no memory yet. @throws ReplayError where it reads */
  capture<R>(body: () => R): Captured<R> {
    const { pool, queue, memory } = this.#parts;
    const virtual = new VirtualBuffers((byteLength, label) => pool.assertFits(byteLength, label));
    const { result, commands } = queue.capture(() => memory.allocateFrom(virtual, body));
    return { result, commands, buffers: virtual.made };
  }

  /** @param outputs - memory of each buffer that outlives a run */
  makePlan(recording: Recording, outputs: OutputMemory): StepPlan {
    return new StepPlan(this.#parts.pool, this.#workspace, { ...recording, outputMemory: outputs });
  }

  recordPlan(plan: StepPlan): void {
    this.#parts.queue.recordPlan(plan);
  }

  destroyPlan(plan: StepPlan): void {
    this.#parts.queue.destroyPlan(plan);
  }
}
