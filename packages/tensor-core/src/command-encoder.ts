// Turns recorded commands into as few submits as their order allows, and measures dispatches on request.

import { AbsentBuffers } from './absent-buffers.ts';
import { buffersOf, type Command } from './command.ts';
import { GpuValidationError, invariant } from './errors.ts';
import type { CompiledProgram, PipelineCache } from './pipeline-cache.ts';
import type { TimestampRecorder } from './timestamps.ts';

type Dispatch = Extract<Command, { kind: 'dispatch' }>;

const UNIFORM_USAGE = 0x40 | 0x8; // UNIFORM | COPY_DST
const MAX_BIND_GROUPS = 16384;
/** Bindings of uniform structs are a multiple of it. */
const UNIFORM_STEP = 16;

const roundUp = (bytes: number, step: number): number => Math.ceil(bytes / step) * step;

export class CommandEncoder {
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #absent: AbsentBuffers;
  #arena: GPUBuffer | null = null;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;

  constructor(device: GPUDevice, pipelines: PipelineCache) {
    this.#device = device;
    this.#pipelines = pipelines;
    this.#absent = new AbsentBuffers(device);
  }

  /** Encodes and submits in order. Every program must be compiled. `timestamps` puts each dispatch in a timed pass of its own. */
  submit(commands: readonly Command[], timestamps: TimestampRecorder | null): void {
    const slots = this.#uploadParams(commands);
    const touched = new Set<number>();
    commands.forEach((command, index) => {
      // A host write is ordered before the next submit, so it must wait only for earlier users of its buffer.
      if (command.kind === 'write' && touched.has(command.target.id)) this.#finish(touched);
      this.#encode(command, slots[index] ?? 0, timestamps);
      if (command.kind !== 'write') for (const buffer of buffersOf(command)) touched.add(buffer.id);
    });
    timestamps?.resolve(this.#openEncoder());
    this.#finish(touched);
  }

  /** Bind groups keep buffers alive: forget them when buffers are destroyed. */
  clearBindGroups(): void {
    this.#bindGroups.clear();
  }

  /** Writes all uniform structs of a batch in one go; the queue orders it before the batch's first submit. */
  #uploadParams(commands: readonly Command[]): number[] {
    const alignment = this.#device.limits.minUniformBufferOffsetAlignment;
    let used = 0;
    const slots = commands.map((command) => {
      if (command.kind !== 'dispatch' || !command.params) return 0;
      const slot = used;
      used += roundUp(command.params.byteLength, alignment);
      return slot;
    });
    if (used === 0) return slots;
    const bytes = new Uint8Array(used);
    commands.forEach((command, index) => {
      if (command.kind === 'dispatch' && command.params) bytes.set(command.params, slots[index]);
    });
    this.#device.queue.writeBuffer(this.#arenaFor(used), 0, bytes);
    return slots;
  }

  #arenaFor(byteLength: number): GPUBuffer {
    if (this.#arena && this.#arena.size >= byteLength) return this.#arena;
    this.#arena?.destroy();
    this.#bindGroups.clear();
    const size = 2 ** Math.ceil(Math.log2(Math.max(byteLength, 65536)));
    this.#arena = this.#device.createBuffer({ size, usage: UNIFORM_USAGE, label: 'params arena' });
    return this.#arena;
  }

  #encode(command: Command, paramsOffset: number, timestamps: TimestampRecorder | null): void {
    switch (command.kind) {
      case 'dispatch':
        this.#encodeDispatch(command, paramsOffset, timestamps);
        return;
      case 'copy':
        this.#endPass();
        this.#openEncoder().copyBufferToBuffer(
          command.source.gpu,
          0,
          command.target.gpu,
          0,
          command.byteLength,
        );
        return;
      case 'clear':
        this.#endPass();
        this.#openEncoder().clearBuffer(command.target.gpu, 0, command.byteLength);
        return;
      case 'write':
        this.#device.queue.writeBuffer(command.target.gpu, 0, command.bytes);
        return;
      default:
        command satisfies never;
    }
  }

  #encodeDispatch(
    command: Dispatch,
    paramsOffset: number,
    timestamps: TimestampRecorder | null,
  ): void {
    const compiled = this.#pipelines.get(command.program);
    invariant(compiled, `program ${command.program.label} was not compiled before submit`);
    if (timestamps) this.#endPass();
    const pass = this.#openPass(timestamps?.nextPass(command.program.label));
    pass.setPipeline(compiled.pipeline);
    pass.setBindGroup(0, this.#bindGroup(compiled, command), command.params ? [paramsOffset] : []);
    pass.dispatchWorkgroups(...command.workgroups);
    if (timestamps) this.#endPass();
  }

  #bindGroup(compiled: CompiledProgram, command: Dispatch): GPUBindGroup {
    const key = `${compiled.id}:${command.buffers.map((bound) => (bound ? `${bound.buffer.id}/${bound.byteLength}` : '-')).join()}`;
    const known = this.#bindGroups.get(key);
    if (known) return known;
    if (this.#bindGroups.size >= MAX_BIND_GROUPS) this.#bindGroups.clear();
    const group = this.#createBindGroup(compiled, command);
    this.#bindGroups.set(key, group);
    return group;
  }

  #createBindGroup(compiled: CompiledProgram, command: Dispatch): GPUBindGroup {
    const { access } = command.program;
    const entries: GPUBindGroupEntry[] = command.buffers.map((bound, binding) => ({
      binding,
      resource: bound
        ? { buffer: bound.buffer.gpu, size: bound.byteLength }
        : { buffer: this.#absent.get(binding, access[binding] !== 'read') },
    }));
    if (command.params) {
      if (!this.#arena) throw new GpuValidationError('params arena is missing');
      entries.push({
        binding: entries.length,
        resource: { buffer: this.#arena, size: roundUp(command.params.byteLength, UNIFORM_STEP) },
      });
    }
    return this.#device.createBindGroup({
      layout: compiled.layout,
      entries,
      label: command.program.label,
    });
  }

  #openEncoder(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #openPass(timestampWrites?: GPUComputePassTimestampWrites): GPUComputePassEncoder {
    this.#pass ??= this.#openEncoder().beginComputePass(timestampWrites ? { timestampWrites } : {});
    return this.#pass;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  #finish(touched: Set<number>): void {
    this.#endPass();
    if (this.#encoder) this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    touched.clear();
  }
}
