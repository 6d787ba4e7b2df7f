// Entry of `npm run bench`.

import { FoxError } from '@vulpes/tensor-core';
import { CommanderError } from 'commander';
import { bench } from './bench.ts';
import { parseArguments } from './options.ts';

try {
  process.exitCode = await bench(parseArguments(process.argv.slice(2)), process.stdout);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode; // commander has printed what was wrong
  } else if (FoxError.isInstance(error)) {
    console.error(error.message);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
