// The uniform structs of many launches in one buffer.

import type { Command } from '../command.ts';

const USAGE = 0x40 | 0x8; // UNIFORM | COPY_DST
/** Bindings of uniform structs are a multiple of it. */
const BINDING_STEP = 16;

const roundUp = (bytes: number, step: number): number => Math.ceil(bytes / step) * step;

/** Bytes that a launch binds of its struct. */
export const uniformBindingBytes = (params: Uint8Array): number =>
  roundUp(params.byteLength, BINDING_STEP);

export interface Uniforms {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each command's struct begins; 0 for commands without one. */
  readonly offsets: readonly number[];
}

/** Lays all structs out behind one another. Pure. @param alignment - of their offsets */
export function packUniforms(commands: readonly Command[], alignment: number): Uniforms {
  let used = 0;
  const offsets = commands.map((command) => {
    if (command.kind !== 'dispatch' || !command.params) return 0;
    const offset = used;
    used += roundUp(command.params.byteLength, alignment);
    return offset;
  });
  const bytes = new Uint8Array(used);
  commands.forEach((command, index) => {
    if (command.kind === 'dispatch' && command.params) bytes.set(command.params, offsets[index]);
  });
  return { bytes, offsets };
}

export const createUniformBuffer = (device: GPUDevice, size: number, label: string): GPUBuffer =>
  device.createBuffer({ size, usage: USAGE, label });
