// Entry of `npm run bench`.

import { runCli } from '@vulpes/cli-kit';
import { bench } from './bench.ts';
import { parseArguments } from './options.ts';
import { storedCommands } from './stored-commands.ts';

await runCli(async () => {
  const [name = '', ...argv] = process.argv.slice(2);
  const command = Object.hasOwn(storedCommands, name) ? storedCommands[name] : undefined;
  if (command) return command(argv, process.stdout);
  return bench(parseArguments(process.argv.slice(2)), process.stdout);
});
