// Entry of `npm run bench`.

import { FoxError } from '@vulpes/tensor-core';
import { CommanderError } from 'commander';
import { bench } from './bench.ts';
import { outliveReaders } from './closed-pipes.ts';
import { compareCommand } from './compare-command.ts';
import { parseArguments } from './options.ts';
import { page } from './page.ts';
import { EndedBySignal } from './stop-signals.ts';
import { tables } from './tables.ts';

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'tables') return tables(argv.slice(1), process.stdout);
  if (argv[0] === 'page') return page(argv.slice(1), process.stdout);
  if (argv[0] === 'compare') return compareCommand(argv.slice(1), process.stdout);
  return bench(parseArguments(argv), process.stdout);
}

outliveReaders([process.stdout, process.stderr]);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode; // commander has printed what was wrong
  } else if (error instanceof EndedBySignal) {
    console.error(error.message);
    process.exitCode = error.exitCode;
  } else if (FoxError.isInstance(error)) {
    console.error(error.message);
    process.exitCode = 1;
  } else if ((error as { syscall?: unknown }).syscall === 'uv_cwd') {
    console.error('bench: expected a working folder, but it was removed. Change to another one.');
    process.exitCode = 1;
  } else {
    throw error;
  }
}
