// Entry of `npm run verify`.

import { CommanderError } from 'commander';
import { parseOptions } from './options.ts';
import { verify } from './verify.ts';

try {
  process.exitCode = await verify(parseOptions(process.argv.slice(2)), process.stdout);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode; // commander has printed what was wrong
}
