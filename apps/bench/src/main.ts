// Entry of `npm run bench`.

import { runCli } from '@vulpes/cli-kit';
import { bench } from './bench.ts';
import { compareCommand } from './compare-command.ts';
import { parseArguments } from './options.ts';
import { page } from './page.ts';
import { tableCommand } from './table-command.ts';

await runCli(async () => {
  const argv = process.argv.slice(2);
  if (argv[0] === 'table') return tableCommand(argv.slice(1), process.stdout);
  if (argv[0] === 'page') return page(argv.slice(1), process.stdout);
  if (argv[0] === 'compare') return compareCommand(argv.slice(1), process.stdout);
  return bench(parseArguments(argv), process.stdout);
});
