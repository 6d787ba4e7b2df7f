// The trainer's command line: parses, runs a command, turns errors into one sentence and an exit code.

import { FoxError } from '@vulpes/tensor-core';
import { createProgram } from './options.ts';
import { sample } from './sample-command.ts';
import { train } from './train-command.ts';
import { UsageError } from './usage-error.ts';

const program = createProgram({
  train: (options) => train(options, process.stdout),
  sample: (run, options) => sample(run, options, { text: process.stdout, notes: process.stderr }),
});

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`error: ${messageOf(error)}\n`);
  if (process.env.FOX_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError || FoxError.isInstance(error)) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return `unexpected: ${text}. Set FOX_DEBUG=1 to see where it came from.`;
}
