// The frame around a command: errors become one line on stderr and an exit code.

import { FoxError } from '@vulpes/tensor-core';
import { CommanderError } from 'commander';
import { InterruptedError } from './errors.ts';

/**
 * Runs a command and sets `process.exitCode`.
 * @param main - returns the exit code
 */
export async function runCli(main: () => Promise<number>): Promise<void> {
  ignoreEpipe([process.stdout, process.stderr]);
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = reportError(error, process.stderr);
  }
}

/** @returns the exit code */
export function reportError(error: unknown, stderr: { write(text: string): unknown }): number {
  if (error instanceof CommanderError) return error.exitCode; // commander has printed it
  if (error instanceof InterruptedError) {
    stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  stderr.write(`error: ${describeError(error)}\n`);
  if (process.env.FOX_DEBUG && error instanceof Error) stderr.write(`${error.stack}\n`);
  return 1;
}

function describeError(error: unknown): string {
  if (FoxError.isInstance(error)) return error.message;
  if ((error as { syscall?: unknown } | null)?.syscall === 'uv_cwd') {
    return 'the working folder was removed. Change to another folder.';
  }
  const text = error instanceof Error ? error.message : String(error);
  return `unexpected: ${text}. Set FOX_DEBUG=1 to see where it came from.`;
}

/** For `vulpes-bench … | head -1`: a closed pipe loses the output, but does not end the work. */
export function ignoreEpipe(streams: readonly NodeJS.WritableStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    });
  }
}
