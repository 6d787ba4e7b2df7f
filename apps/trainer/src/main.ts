// Entry of `npm run trainer`.

import { isOutputLost, runCli, toPlainText } from '@vulpes/cli-kit';
import { evaluate } from './eval/eval-command.ts';
import { createProgram } from './options.ts';
import { prepare } from './prepare-command.ts';
import { reportRun } from './run-report/report-command.ts';
import { sample } from './sample-command.ts';
import { train } from './train-command.ts';

let isTextLost = false;
const program = createProgram({
  train: (options) => train(options, process.stdout),
  prepare: (paths, options) => prepare(paths, options, process.stdout),
  sample: async (run, options) => {
    await sample(run, options, { text: process.stdout, notes: process.stderr });
    await new Promise<void>((resolve) => void process.stdout.write('', () => resolve()));
    isTextLost = isOutputLost(); // a run's lines are not its result, a sample's are
  },
  evaluate: (run, options) => evaluate(run, options, process.stdout),
  report: (run, options) => reportRun(run, options, process.stdout),
});

for (const command of [program, ...program.commands]) {
  command.configureOutput({ outputError: (text, write) => write(toPlainText(text)) });
}

await runCli(async () => {
  await program.parseAsync();
  return isTextLost ? 1 : 0;
});
