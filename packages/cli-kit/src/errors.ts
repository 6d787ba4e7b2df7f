// Errors that end a command with one line.

import { constants } from 'node:os';
import { FoxError } from '@vulpes/tensor-core';
import { describeFileError } from './file-errors.ts';

/** The user asked for something that can't be done. The message says what to change. */
export class UsageError extends FoxError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('UsageError', message, options);
  }
}

/** A file or folder can't be read or written: the disk is full, read-only or gone. */
export class FileError extends FoxError {
  readonly path: string;

  /** @param act - such as "write" @param cause - of Node */
  constructor(act: string, path: string, cause: unknown) {
    super('FileError', `cannot ${act} ${path}: ${describeFileError(cause)}.`, { cause });
    this.path = path;
  }
}

const hints = new WeakMap<object, readonly string[]>();

/** Lines that are printed after the error's message: what is saved, and how to go on. */
export function addHints(error: unknown, lines: readonly string[]): void {
  if (typeof error === 'object' && error !== null) hints.set(error, lines);
}

export const getHints = (error: unknown): readonly string[] =>
  (typeof error === 'object' && error !== null && hints.get(error)) || [];

/** A signal ended the work. */
export class InterruptedError extends FoxError {
  /** As in a shell: 128 + the number of the signal. */
  readonly exitCode: number;

  /** @param state - a sentence: what is left on disk */
  constructor(signal: NodeJS.Signals, state: string) {
    super('InterruptedError', `Stopped by ${signal}. ${state}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}
