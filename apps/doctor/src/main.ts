// Entry of `npm run doctor`.

import type { AdapterChoice, KernelFamily } from '@vulpes/tensor-core';
import { Command, Option } from 'commander';
import { diagnose } from './diagnosis.ts';
import { formatDiagnosis } from './format.ts';

const command = new Command('doctor')
  .description('Reports the WebGPU adapter, what it can do, and what to do about what is missing.')
  .addOption(
    new Option('--adapter <choice>', 'which adapter to look at')
      .choices(['auto', 'hardware', 'software'])
      .env('FOX_ADAPTER')
      .default('auto'),
  )
  .addOption(
    new Option('--kernels <family>', "kernel variants; auto follows the adapter's kind")
      .choices(['auto', 'gpu', 'software'])
      .env('FOX_KERNELS')
      .default('auto'),
  )
  .option('--json', 'print the report as JSON', false)
  .addHelpText('after', '\nExit code: 1 only where no adapter works.')
  .parse();

const { json, ...options } = command.opts<{
  json: boolean;
  adapter: AdapterChoice;
  kernels: KernelFamily | 'auto';
}>();
const diagnosis = await diagnose(options);
process.stdout.write(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : formatDiagnosis(diagnosis));
process.exitCode = diagnosis.adapter ? 0 : 1;
