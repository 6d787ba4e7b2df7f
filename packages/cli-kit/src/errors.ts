// Errors that end a command with one line.

import { constants } from 'node:os';
import { FoxError } from '@vulpes/tensor-core';

/** The user asked for something that can't be done. The message says what to change. */
export class UsageError extends FoxError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('UsageError', message, options);
  }
}

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
