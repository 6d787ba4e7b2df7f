// Entry of `npm run doctor`.

import { adapterOption, parseCount, runCli, variantOption } from '@vulpes/cli-kit';
import type { AdapterChoice } from '@vulpes/tensor-core';
import { Command } from 'commander';
import { diagnose } from './diagnosis.ts';
import { formatDiagnosis } from './format.ts';
import { tune } from './tune/tune.ts';

const command = new Command('doctor')
  .description('Reports the WebGPU adapter, what it can do, and what to do about what is missing.')
  .addOption(adapterOption())
  .addOption(variantOption())
  .option('--json', 'print the report as JSON', false)
  .option(
    '--tune [preset]',
    "time the tiles for the products of a model's training step on this adapter, and write a table for the trainer",
  )
  .option('--tokens <n>', 'tokens of a micro batch, for --tune', parseCount, 16384)
  .addHelpText(
    'after',
    '\nExit code: 1 only if no adapter works, or a tile that --tune tries computes a wrong product.',
  )
  .exitOverride();

interface Options {
  readonly adapter: AdapterChoice;
  readonly variant?: readonly string[];
  readonly json: boolean;
  readonly tune?: string | true;
  readonly tokens: number;
}

/** Of the papers' smallest model. */
const TUNED_PRESET = 'pro-125m';

await runCli(async () => {
  const { json, adapter, variant, tokens, ...options } = command.parse().opts<Options>();
  if (options.tune) {
    const preset = options.tune === true ? TUNED_PRESET : options.tune;
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    return (await tune({ adapter, variants: variant, preset, tokens }, print)) ? 0 : 1;
  }
  const diagnosis = await diagnose({ adapter, variants: variant });
  const text = json ? `${JSON.stringify(diagnosis, null, 2)}\n` : formatDiagnosis(diagnosis);
  process.stdout.write(text);
  return diagnosis.adapter ? 0 : 1;
});
