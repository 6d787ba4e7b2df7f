// What a recorded step may do, so that running it again gives what recording it again would give.

import type { PooledBuffer } from '../buffer-range.ts';
import { buffersOf, type Command, type WriteCommand } from '../command.ts';
import { ReplayError } from '../errors.ts';
import type { Recording } from './step-plan.ts';
import { isVirtual, type VirtualBuffer } from './virtual-buffers.ts';

/** @throws ReplayError */
export function assertReplayable({ commands, buffers, outputs }: Recording): void {
  const writes = commands.filter((command) => command.kind === 'write');
  for (const { target } of writes) assertOwn(target.buffer);
  assertKnown(commands, buffers);
  assertWrittenFirst(commands);
  assertConstant(commands, writes);
  const kept = buffers.find((buffer) => !(buffer.isReleased || outputs.has(buffer)));
  if (!kept) return;
  throw new ReplayError(
    `compileStep: expected record to return every tensor that outlives it, but it kept '${kept.label}'. Return it, or make it before the step is compiled.`,
  );
}

function assertOwn(buffer: PooledBuffer): void {
  if (isVirtual(buffer)) return;
  throw new ReplayError(
    'compileStep: expected record to write host data into new tensors only, but it wrote into one that was there before. Declare that tensor as an input.',
  );
}

/** A tensor that another recording made has no memory. */
function assertKnown(commands: readonly Command[], own: readonly VirtualBuffer[]): void {
  const known = new Set<PooledBuffer>(own);
  const foreign = commands
    .flatMap(buffersOf)
    .filter(isVirtual)
    .find((buffer) => !known.has(buffer));
  if (!foreign) return;
  throw new ReplayError(
    `compileStep: expected record to use tensors with memory, but '${foreign.label}' was made by another recording, which did not return it.`,
  );
}

/** What a temporary holds before it is written is left over from other work. */
function assertWrittenFirst(commands: readonly Command[]): void {
  const seen = new Set<PooledBuffer>();
  for (const command of commands) {
    const changed = command.kind === 'write' ? [command.target.buffer] : changedBuffers(command);
    for (const buffer of buffersOf(command)) {
      if (isVirtual(buffer) && !seen.has(buffer) && !changed.includes(buffer)) {
        const reader = command.kind === 'dispatch' ? command.program.label : command.kind;
        throw new ReplayError(
          `compileStep: expected every tensor of the step to be written before it is read, but ${reader} reads '${buffer.label}' first.`,
        );
      }
      seen.add(buffer);
    }
  }
}

/** Host data is uploaded once, so nothing may change it. */
function assertConstant(commands: readonly Command[], writes: readonly WriteCommand[]): void {
  const constants = new Set<PooledBuffer>();
  for (const { target } of writes) {
    if (constants.has(target.buffer)) throw changed('host data', 'device.write');
    constants.add(target.buffer);
  }
  for (const command of commands) {
    const changes = changedBuffers(command).some((buffer) => constants.has(buffer));
    if (changes)
      throw changed(
        'host data',
        command.kind === 'dispatch' ? command.program.label : command.kind,
      );
  }
}

function changedBuffers(command: Command): PooledBuffer[] {
  if (command.kind === 'write') return [];
  if (command.kind !== 'dispatch') return [command.target.buffer];
  const { access } = command.program;
  return command.buffers.flatMap((range, index) =>
    range && access[index] !== 'read' ? [range.buffer] : [],
  );
}

const changed = (what: string, by: string): ReplayError =>
  new ReplayError(
    `compileStep: expected ${what} that record uploads to stay as it is, but ${by} changes it. Copy it to another tensor first.`,
  );
