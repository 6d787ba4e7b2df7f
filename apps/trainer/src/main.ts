// Entry of `npm run trainer`.

import { runCli } from '@vulpes/cli-kit';
import { createProgram } from './options.ts';
import { sample } from './sample-command.ts';
import { train } from './train-command.ts';

const program = createProgram({
  train: (options) => train(options, process.stdout),
  sample: (run, options) => sample(run, options, { text: process.stdout, notes: process.stderr }),
});

await runCli(async () => {
  await program.parseAsync();
  return 0;
});
