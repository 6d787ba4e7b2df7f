// Entry of `npm run doctor`.

import { adapterOption, runCli, variantOption } from '@vulpes/cli-kit';
import type { AdapterChoice } from '@vulpes/tensor-core';
import { Command } from 'commander';
import { diagnose } from './diagnosis.ts';
import { formatDiagnosis } from './format.ts';

const command = new Command('doctor')
  .description('Reports the WebGPU adapter, what it can do, and what to do about what is missing.')
  .addOption(adapterOption())
  .addOption(variantOption())
  .option('--json', 'print the report as JSON', false)
  .addHelpText('after', '\nExit code: 1 only if no adapter works.')
  .exitOverride();

interface Options {
  readonly adapter: AdapterChoice;
  readonly variant?: readonly string[];
  readonly json: boolean;
}

await runCli(async () => {
  const { json, adapter, variant } = command.parse().opts<Options>();
  const diagnosis = await diagnose({ adapter, variants: variant });
  const text = json ? `${JSON.stringify(diagnosis, null, 2)}\n` : formatDiagnosis(diagnosis);
  process.stdout.write(text);
  return diagnosis.adapter ? 0 : 1;
});
