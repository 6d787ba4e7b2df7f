// Bind groups, made once for each program and what it is given.

import type { DispatchCommand } from '../command.ts';
import { AbsentBuffers } from './absent-buffers.ts';
import type { CompiledProgram } from './pipeline-cache.ts';
import { uniformBindingBytes } from './uniforms.ts';

const MAX_GROUPS = 16384;

export class BindGroups {
  readonly #device: GPUDevice;
  readonly #absent: AbsentBuffers;
  readonly #groups = new Map<string, GPUBindGroup>();

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#absent = new AbsentBuffers(device);
  }

  /** @param uniforms - buffer of the struct, which is bound with a dynamic offset */
  get(
    compiled: CompiledProgram,
    command: DispatchCommand,
    uniforms: GPUBuffer | null,
  ): GPUBindGroup {
    const key = `${compiled.id}:${command.buffers.map((range) => (range ? `${range.buffer.id}/${range.byteOffset}/${range.byteLength}` : '-')).join()}`;
    const known = this.#groups.get(key);
    if (known) return known;
    if (this.#groups.size >= MAX_GROUPS) this.#groups.clear();
    const group = this.#create(compiled, command, uniforms);
    this.#groups.set(key, group);
    return group;
  }

  /** They keep buffers alive: forget them when buffers are destroyed. */
  clear(): void {
    this.#groups.clear();
  }

  #create(
    compiled: CompiledProgram,
    { program, buffers, params }: DispatchCommand,
    uniforms: GPUBuffer | null,
  ): GPUBindGroup {
    const entries: GPUBindGroupEntry[] = buffers.map((range, binding) => ({
      binding,
      resource: range
        ? { buffer: range.buffer.gpu, offset: range.byteOffset, size: range.byteLength }
        : { buffer: this.#absent.get(binding, program.access[binding] !== 'read') },
    }));
    if (params && uniforms) {
      const resource = { buffer: uniforms, size: uniformBindingBytes(params) };
      entries.push({ binding: entries.length, resource });
    }
    const { layout } = compiled;
    return this.#device.createBindGroup({ layout, entries, label: program.label });
  }
}
