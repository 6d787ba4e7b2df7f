// The frame around a command: errors become one line on stderr and an exit code.

import { FoxError, shorten } from '@vulpes/tensor-core';
import { CommanderError } from 'commander';
import { getHints, InterruptedError } from './errors.ts';
import { surviveLostOutput } from './lost-output.ts';
import { toPrintable } from './printable.ts';

/**
 * Runs a command and sets `process.exitCode`.
 * @param main - returns the exit code
 */
export async function runCli(main: () => Promise<number>): Promise<void> {
  surviveLostOutput(process);
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
  stderr.write(`error: ${toPlainText(describeError(error))}\n`);
  for (const line of getHints(error)) stderr.write(`${line}\n`);
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

/** No message needs more. */
const MAX_MESSAGE = 2000;

/** A message for a terminal: short, whatever names and values it holds. */
export const toPlainText = (text: string): string => toPrintable(shorten(text, MAX_MESSAGE));
