// npm run inspect: draws what the heads of a trained model remember.

import { FoxError } from '@vulpes/tensor-core';
import { inspect } from './inspect-command.ts';
import { createProgram } from './options.ts';
import { UsageError } from './usage-error.ts';

const program = createProgram(async (model, options) => {
  await inspect(model, options, process.stdout);
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
