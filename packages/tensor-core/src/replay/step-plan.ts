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
import { PlanBuffers, type PlannedRecording } from './plan-buffers.ts';
import { isVirtual, type VirtualBuffer } from './virtual-buffers.ts';
import type { Workspace } from './workspace.ts';

export interface Recording {
  readonly commands: readonly Command[];
  readonly buffers: readonly VirtualBuffer[];
  /** Buffers that outlive the step. */
  readonly outputs: ReadonlySet<PooledBuffer>;
  /** Their names, places and shapes. */
  readonly outputTree: string;
}

export interface StepBinding {
  /** Of the tensor. */
  readonly label: string;
  readonly byteLength: number;
}

export class StepPlan {
  readonly commands: readonly Command[];
  /** Buffers that others use, too: those from before, and the outputs. */
  readonly outside: readonly PooledBuffer[];
  readonly programs: ReadonlySet<Program>;
  readonly dispatches: number;
  /** The largest of its own tensors that a kernel binds. */
  readonly largestBinding: StepBinding | null;
  readonly #pool: BufferPool;
  /** Host data that every run reads and none changes. */
  readonly #constants: readonly WriteCommand[];
  readonly #buffers: PlanBuffers;
  #uniforms: GPUBuffer | null = null;
  #prepared: readonly PreparedCommand[] | null = null;

  /** @param recording - that can be replayed */
  constructor(pool: BufferPool, workspace: Workspace, recording: PlannedRecording) {
    this.#pool = pool;
    this.#constants = recording.commands.filter((command) => command.kind === 'write');
    this.commands = recording.commands.filter((command) => command.kind !== 'write');
    const dispatches = this.commands.filter((command) => command.kind === 'dispatch');
    this.dispatches = dispatches.length;
    this.programs = new Set(dispatches.map(({ program }) => program));
    this.largestBinding = findLargest(dispatches);
    this.outside = [...listOutside(this.commands), ...recording.outputMemory.values()];
    for (const buffer of this.outside) pool.pin(buffer);
    this.#buffers = new PlanBuffers(pool, workspace, recording);
  }

  /** Bytes of its buffers, those that other plans use, too, included. */
  get byteLength(): number {
    return this.#buffers.byteLength;
  }

  /** Ready to encode; the programs must be compiled. The work is done once. */
  prepare(device: GPUDevice, pipelines: PipelineCache): readonly PreparedCommand[] {
    this.#prepared ??= this.#prepare(device, pipelines);
    return this.#prepared;
  }

  /** Once no submit that names it is to come. */
  destroy(): void {
    this.#buffers.release();
    for (const buffer of this.outside) this.#pool.unpin(buffer);
    this.#uniforms?.destroy();
    this.#prepared = null;
  }

  #prepare(device: GPUDevice, pipelines: PipelineCache): PreparedCommand[] {
    this.#buffers.assign();
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
