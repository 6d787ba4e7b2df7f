// Ctrl-C, SIGTERM and a closed terminal: what is left on disk is named, and no child process lives on.

import { constants } from 'node:os';
import { FoxError } from '@vulpes/tensor-core';
import { endChildren } from './children.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Work was ended by a signal. */
export class EndedBySignal extends FoxError {
  /** Shell convention: 128 + the number of the signal. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, whatIsLeft: string) {
    super('EndedBySignal', `Ended by ${signal}. ${whatIsLeft}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * For work on a device of this process: it ends at once.
 * @param lastWords - printed first
 * @returns gives the signals back to Node
 */
export const endOnSignal = (lastWords: (name: NodeJS.Signals) => void): (() => void) =>
  onSignal((name) => {
    endChildren();
    lastWords(name);
    // Not process.exit: its clean-up crashes in the driver while work is in flight.
    process.kill(process.pid, name);
  });

/** Told once; a second signal does what it would have done without us. */
function onSignal(handler: (name: NodeJS.Signals) => void): () => void {
  const onFirst = (name: NodeJS.Signals): void => {
    release();
    handler(name);
  };
  const release = (): void => {
    for (const name of SIGNALS) process.off(name, onFirst);
  };
  for (const name of SIGNALS) process.on(name, onFirst);
  return release;
}
