// The commands that a step is recorded as.

import type { BufferRange, PooledBuffer } from './buffer-range.ts';
import type { Program } from './program.ts';

export interface DispatchCommand {
  readonly kind: 'dispatch';
  readonly program: Program;
  /** null: nothing is given for an optional binding. */
  readonly buffers: readonly (BufferRange | null)[];
  readonly params: Uint8Array | null;
  readonly workgroups: readonly [number, number, number];
}

/** Ranges of one length. */
export interface CopyCommand {
  readonly kind: 'copy';
  readonly source: BufferRange;
  readonly target: BufferRange;
}

export interface ClearCommand {
  readonly kind: 'clear';
  readonly target: BufferRange;
}

export interface WriteCommand {
  readonly kind: 'write';
  readonly target: BufferRange;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type Command = DispatchCommand | CopyCommand | ClearCommand | WriteCommand;

/** What a command reads or writes. */
export function rangesOf(command: Command): BufferRange[] {
  if (command.kind === 'dispatch') return command.buffers.filter((range) => range !== null);
  if (command.kind === 'copy') return [command.source, command.target];
  return [command.target];
}

/** The buffers behind it. */
export const buffersOf = (command: Command): PooledBuffer[] =>
  rangesOf(command).map(({ buffer }) => buffer);
