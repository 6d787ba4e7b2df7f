// Whether two recordings of a step are the same work, and where they differ if not. Pure.

import type { BufferRange } from '../buffer-range.ts';
import type { Command, DispatchCommand } from '../command.ts';
import { isVirtual } from './virtual-buffers.ts';

/** @returns null where they are equal; else a sentence that names the first command and field that differ */
export function findDifference(
  first: readonly Command[],
  second: readonly Command[],
): string | null {
  const count = Math.min(first.length, second.length);
  for (let index = 0; index < count; index++) {
    const [a, b] = [first[index] as Command, second[index] as Command];
    const field = findField(a, b);
    if (field) return `command ${index}, ${nameOf(a)}, differs in ${field}`;
  }
  if (first.length === second.length) return null;
  const [longer] = [first, second].sort((a, b) => b.length - a.length);
  return `one recording has ${first.length} commands, the next ${second.length}; command ${count} of the longer is ${nameOf(longer?.[count] as Command)}`;
}

/** As errors name it. */
export const nameOf = (command: Command): string =>
  command.kind === 'dispatch' ? `kernel ${command.program.label}` : command.kind;

function findField(a: Command, b: Command): string | null {
  if (a.kind === 'dispatch' && b.kind === 'dispatch') return findDispatchField(a, b);
  if (a.kind === 'copy' && b.kind === 'copy') {
    if (!sameRange(a.source, b.source)) return 'its source';
    return sameRange(a.target, b.target) ? null : 'its target';
  }
  if (a.kind === 'write' && b.kind === 'write') {
    if (!sameRange(a.target, b.target)) return 'its target';
    return sameBytes(a.bytes, b.bytes) ? null : 'the bytes written';
  }
  if (a.kind === 'clear' && b.kind === 'clear')
    return sameRange(a.target, b.target) ? null : 'its target';
  return `kind: ${nameOf(b)}`;
}

function findDispatchField(a: DispatchCommand, b: DispatchCommand): string | null {
  if (a.program.wgsl !== b.program.wgsl) return `program: ${b.program.label}`;
  if (a.workgroups.join() !== b.workgroups.join())
    return `workgroups: ${a.workgroups} and ${b.workgroups}`;
  const at = a.buffers.findIndex((range, index) => !sameRange(range, b.buffers[index] ?? null));
  if (at >= 0) return `binding ${at}`;
  if (!(a.params && b.params)) return a.params === b.params ? null : 'params';
  const byte = a.params.findIndex((value, index) => value !== b.params?.[index]);
  if (byte >= 0) return `params, byte ${byte}`;
  return a.params.length === b.params.length ? null : 'params';
}

/** Buffers of a recording are equal by their place in it, all others by identity. */
function sameRange(a: BufferRange | null, b: BufferRange | null): boolean {
  if (!(a && b)) return a === b;
  if (a.byteOffset !== b.byteOffset || a.byteLength !== b.byteLength) return false;
  if (isVirtual(a.buffer) && isVirtual(b.buffer)) return a.buffer.ordinal === b.buffer.ordinal;
  return a.buffer === b.buffer;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);
