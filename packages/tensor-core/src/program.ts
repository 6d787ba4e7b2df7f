// What a device needs to know of a compute kernel, and the commands that a step is recorded as.

import type { PooledBuffer } from './buffer-pool.ts';

export type BindingAccess = 'read' | 'write' | 'read_write';

/** A compute kernel as source. Two programs with the same WGSL share one pipeline. */
export interface Program {
  /** Shown in errors and profiles, such as `matmul-nt[TILE=64]`. */
  readonly label: string;
  /** Complete WGSL with entry point `main`; tensors at @group(0) @binding(0…n−1), params (if any) uniform at @binding(n). */
  readonly wgsl: string;
  readonly access: readonly BindingAccess[];
  readonly hasParams: boolean;
}

/** Bytes that a dispatch's uniform struct may take: what every device can bind. */
export const MAX_PARAMS_BYTES = 65536;

export interface BoundBuffer {
  readonly buffer: PooledBuffer;
  readonly byteLength: number;
}

export type Command =
  | {
      readonly kind: 'dispatch';
      readonly program: Program;
      /** null: nothing is given for an optional binding. */
      readonly buffers: readonly (BoundBuffer | null)[];
      readonly params: Uint8Array | null;
      readonly workgroups: readonly [number, number, number];
    }
  | {
      readonly kind: 'copy';
      readonly source: PooledBuffer;
      readonly target: PooledBuffer;
      readonly byteLength: number;
    }
  | { readonly kind: 'clear'; readonly target: PooledBuffer; readonly byteLength: number }
  | {
      readonly kind: 'write';
      readonly target: PooledBuffer;
      readonly bytes: Uint8Array<ArrayBuffer>;
    };

/** Buffers that a command reads or writes. */
export function buffersOf(command: Command): PooledBuffer[] {
  if (command.kind === 'dispatch')
    return command.buffers.flatMap((bound) => (bound ? [bound.buffer] : []));
  if (command.kind === 'copy') return [command.source, command.target];
  return [command.target];
}
