// A recorded step that can be encoded again and again: its commands, its memory, its bind groups.

import type { BufferPool } from '../buffer-pool.ts';
import type { PooledBuffer } from '../buffer-range.ts';
import {
  buffersOf,
  type Command,
  type DispatchCommand,
  rangesOf,
  type WriteCommand,
} from '../command.ts';
import { BindGroups } from '../encode/bind-groups.ts';
import type { PipelineCache } from '../encode/pipeline-cache.ts';
import { type PreparedCommand, prepare } from '../encode/prepare.ts';
import { createUniformBuffer, packUniforms } from '../encode/uniforms.ts';
import type { Program } from '../program.ts';
import { assertReplayable } from './assert-replayable.ts';
import { findLifetimes } from './lifetimes.ts';
import { planMemory } from './memory-plan.ts';
import { isVirtual, type VirtualBuffer } from './virtual-buffers.ts';

export interface Recording {
  readonly commands: readonly Command[];
  readonly buffers: readonly VirtualBuffer[];
  /** Buffers that outlive the step. */
  readonly outputs: ReadonlySet<PooledBuffer>;
}

export interface StepBinding {
  /** Of the tensor. */
  readonly label: string;
  readonly byteLength: number;
}

export class StepPlan {
  readonly commands: readonly Command[];
  /** Buffers that are not the plan's own. */
  readonly outside: readonly PooledBuffer[];
  readonly programs: ReadonlySet<Program>;
  readonly dispatches: number;
  /** The largest of its own tensors that a kernel binds. */
  readonly largestBinding: StepBinding | null;
  /** Bytes of the plan's own buffers. */
  readonly byteLength: number;
  readonly #pool: BufferPool;
  /** Host data that every run reads and none changes. */
  readonly #constants: readonly WriteCommand[];
  /** By buffer of the recording. */
  readonly #memory: ReadonlyMap<VirtualBuffer, PooledBuffer>;
  #uniforms: GPUBuffer | null = null;
  #prepared: readonly PreparedCommand[] | null = null;

  /** @throws ReplayError where the recording cannot be replayed. @throws DeviceLimitError */
  constructor(pool: BufferPool, recording: Recording) {
    assertReplayable(recording);
    this.#pool = pool;
    this.#constants = recording.commands.filter((command) => command.kind === 'write');
    this.commands = recording.commands.filter((command) => command.kind !== 'write');
    const dispatches = this.commands.filter((command) => command.kind === 'dispatch');
    this.dispatches = dispatches.length;
    this.programs = new Set(dispatches.map(({ program }) => program));
    this.largestBinding = findLargest(dispatches);
    this.outside = listOutside(this.commands);
    for (const buffer of this.outside) pool.pin(buffer);
    this.#memory = reserveMemory(pool, recording);
    this.byteLength = [...new Set(this.#memory.values())].reduce(
      (sum, { capacity }) => sum + capacity,
      0,
    );
  }

  /** Ready to encode; the programs must be compiled. The work is done once. */
  prepare(device: GPUDevice, pipelines: PipelineCache): readonly PreparedCommand[] {
    this.#prepared ??= this.#prepare(device, pipelines);
    return this.#prepared;
  }

  /** Once no submit that names it is to come. */
  destroy(): void {
    for (const buffer of new Set(this.#memory.values())) this.#pool.discard(buffer);
    for (const buffer of this.outside) this.#pool.unpin(buffer);
    this.#uniforms?.destroy();
    this.#prepared = null;
  }

  #prepare(device: GPUDevice, pipelines: PipelineCache): PreparedCommand[] {
    for (const [buffer, { gpu }] of this.#memory) buffer.gpu = gpu;
    for (const { target, bytes } of this.#constants)
      device.queue.writeBuffer(target.buffer.gpu, target.byteOffset, bytes);
    const alignment = device.limits.minUniformBufferOffsetAlignment;
    const { bytes, offsets } = packUniforms(this.commands, alignment);
    if (bytes.byteLength > 0) {
      this.#uniforms = createUniformBuffer(device, bytes.byteLength, 'uniforms of a plan');
      device.queue.writeBuffer(this.#uniforms, 0, bytes);
    }
    const bindGroups = new BindGroups(device);
    return prepare(this.commands, { pipelines, bindGroups, uniforms: this.#uniforms, offsets });
  }
}

function findLargest(dispatches: readonly DispatchCommand[]): StepBinding | null {
  let largest: StepBinding | null = null;
  for (const { buffer, byteLength } of dispatches.flatMap(rangesOf)) {
    if (!isVirtual(buffer) || byteLength <= (largest?.byteLength ?? 0)) continue;
    largest = { label: buffer.label, byteLength };
  }
  return largest;
}

function listOutside(commands: readonly Command[]): PooledBuffer[] {
  const named = new Set(commands.flatMap(buffersOf));
  return [...named].filter((buffer) => !isVirtual(buffer));
}

/** GPU buffers for the buffers of a recording, shared where their lives allow it. */
function reserveMemory(
  pool: BufferPool,
  recording: Recording,
): ReadonlyMap<VirtualBuffer, PooledBuffer> {
  const lifetimes = findLifetimes(recording);
  const { slotOf, slots } = planMemory([...lifetimes.values()]);
  const memory = slots.map((byteLength) => pool.reserve(byteLength));
  return new Map(
    [...lifetimes.keys()].map((buffer, index) => [
      buffer,
      memory[slotOf[index] as number] as PooledBuffer,
    ]),
  );
}
