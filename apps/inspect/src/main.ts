// npm run inspect: draws what the heads of a trained model remember.

import { runCli } from '@vulpes/cli-kit';
import { inspect } from './inspect-command.ts';
import { createProgram } from './options.ts';

await runCli(async () => {
  const program = createProgram(async (model, options) => {
    await inspect(model, options, process.stdout);
  });
  await program.exitOverride().parseAsync();
  return 0;
});
