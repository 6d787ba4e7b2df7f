// Pipelines per device, keyed by complete source: nothing compiles twice, and all that is missing compiles side by side.

import { KernelCompileError } from '../errors.ts';
import type { BindingAccess, Program } from '../program.ts';

export interface CompiledProgram {
  readonly id: number;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const COMPUTE_STAGE = 0x4;

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pending = new Map<string, Promise<CompiledProgram>>();
  readonly #ready = new Map<string, CompiledProgram>();
  #nextId = 1;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get size(): number {
    return this.#ready.size;
  }

  /** Compiles every program that is not there yet. @throws KernelCompileError */
  async compile(programs: Iterable<Program>): Promise<void> {
    const missing = [...programs].filter((program) => !this.#ready.has(program.wgsl));
    await Promise.all(missing.map((program) => this.#compileOne(program)));
  }

  /** A compiled program; `compile` must have been awaited. */
  get(program: Program): CompiledProgram | undefined {
    return this.#ready.get(program.wgsl);
  }

  #compileOne(program: Program): Promise<CompiledProgram> {
    const known = this.#pending.get(program.wgsl);
    if (known) return known;
    const compiling = this.#build(program).finally(() => this.#pending.delete(program.wgsl));
    this.#pending.set(program.wgsl, compiling);
    return compiling;
  }

  async #build(program: Program): Promise<CompiledProgram> {
    const device = this.#device;
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ code: program.wgsl, label: program.label });
    const layout = device.createBindGroupLayout({
      label: program.label,
      entries: layoutEntries(program.access, program.hasParams),
    });
    const compiling = device.createComputePipelineAsync({
      label: program.label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    const scopeError = device.popErrorScope();
    try {
      const pipeline = await compiling;
      const error = await scopeError;
      if (error) throw new Error(error.message);
      const compiled = { id: this.#nextId++, pipeline, layout };
      this.#ready.set(program.wgsl, compiled);
      return compiled;
    } catch (cause) {
      throw new KernelCompileError(await compileMessage(program, module, cause), { cause });
    }
  }
}

function layoutEntries(
  access: readonly BindingAccess[],
  hasParams: boolean,
): GPUBindGroupLayoutEntry[] {
  const entries: GPUBindGroupLayoutEntry[] = access.map((mode, binding) => ({
    binding,
    visibility: COMPUTE_STAGE,
    buffer: { type: mode === 'read' ? 'read-only-storage' : 'storage' },
  }));
  if (hasParams) {
    entries.push({
      binding: access.length,
      visibility: COMPUTE_STAGE,
      buffer: { type: 'uniform', hasDynamicOffset: true },
    });
  }
  return entries;
}

/** The compiler's messages, each with the five source lines around it. */
async function compileMessage(
  program: Program,
  module: GPUShaderModule,
  cause: unknown,
): Promise<string> {
  const lines = program.wgsl.split('\n');
  const info = await module.getCompilationInfo().catch(() => ({ messages: [] }));
  const details = info.messages.map((message) => {
    const from = Math.max(0, message.lineNum - 3);
    const source = lines
      .slice(from, message.lineNum + 2)
      .map((line, at) => `${from + at + 1} | ${line}`);
    return `${message.type} ${message.lineNum}:${message.linePos} ${message.message}\n${source.join('\n')}`;
  });
  const reason = details.length
    ? details.join('\n')
    : cause instanceof Error
      ? cause.message
      : String(cause);
  return `kernel ${program.label} does not compile on this device:\n${reason}`;
}
