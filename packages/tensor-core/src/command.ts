// The commands that a step is recorded as.

import type { PooledBuffer } from './buffer-pool.ts';
import type { Program } from './program.ts';

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
