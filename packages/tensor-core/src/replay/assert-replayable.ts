// What a recorded step may do, so that running it again gives what recording it again would give.

import type { PooledBuffer } from '../buffer-range.ts';
import { buffersOf, type Command, type WriteCommand } from '../command.ts';
import { ReplayError } from '../errors.ts';
import { isWritten } from '../program.ts';
import { nameOf } from './compare-commands.ts';
import type { Recording } from './step-plan.ts';
import { isVirtual, type VirtualBuffer } from './virtual-buffers.ts';

/** @throws ReplayError */
export function assertReplayable({ commands, buffers, outputs }: Recording): void {
  const writes = commands.filter((command) => command.kind === 'write');
  for (const { target } of writes) assertOwn(target.buffer);
  assertKnown(commands, buffers);
  assertWrittenFirst(commands);
  assertConstant(commands, writes, outputs);
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
    const changed = listChanged(command);
    for (const buffer of buffersOf(command)) {
      if (isVirtual(buffer) && !seen.has(buffer) && !changed.includes(buffer)) {
        throw new ReplayError(
          `compileStep: expected every tensor of the step to be written before it is read, but ${nameOf(command)} reads '${buffer.label}' first.`,
        );
      }
      seen.add(buffer);
    }
  }
}

/** Host data is uploaded once, so neither the step nor whoever gets its outputs may change it. */
function assertConstant(
  commands: readonly Command[],
  writes: readonly WriteCommand[],
  outputs: ReadonlySet<PooledBuffer>,
): void {
  const written = new Map<PooledBuffer, WriteCommand>();
  for (const write of writes) {
    const { buffer } = write.target;
    if (outputs.has(buffer)) throw changesUpload('whoever gets what record returns may');
    if (written.has(buffer)) throw changesUpload('device.write does');
    written.set(buffer, write);
  }
  for (const command of commands) {
    const changes = listChanged(command).some((buffer) => {
      const write = written.get(buffer);
      return write !== undefined && write !== command;
    });
    if (changes) throw changesUpload(`${nameOf(command)} does`);
  }
}

const changesUpload = (who: string): ReplayError =>
  new ReplayError(
    `compileStep: expected that nothing changes the host data that record uploads, but ${who}. Copy it to another tensor first.`,
  );

/** The buffers that a command writes. */
function listChanged(command: Command): PooledBuffer[] {
  if (command.kind !== 'dispatch') return [command.target.buffer];
  const { access } = command.program;
  return command.buffers.flatMap((range, index) =>
    range && isWritten(access[index]) ? [range.buffer] : [],
  );
}
