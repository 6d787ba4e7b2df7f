// Entry of `npm run doctor`.

import { adapterOption, runCli } from '@vulpes/cli-kit';
import { Command, Option } from 'commander';
import { type DoctorOptions, diagnose } from './diagnosis.ts';
import { formatDiagnosis } from './format.ts';

const command = new Command('doctor')
  .description('Reports the WebGPU adapter, what it can do, and what to do about what is missing.')
  .addOption(adapterOption())
  .addOption(
    new Option('--kernels <family>', "kernel variants; auto follows the adapter's kind")
      .choices(['auto', 'gpu', 'software'])
      .env('FOX_KERNELS')
      .default('auto'),
  )
  .option('--json', 'print the report as JSON', false)
  .addHelpText('after', '\nExit code: 1 only if no adapter works.')
  .exitOverride();

await runCli(async () => {
  const { json, ...options } = command.parse().opts<DoctorOptions & { json: boolean }>();
  const diagnosis = await diagnose(options);
  const text = json ? `${JSON.stringify(diagnosis, null, 2)}\n` : formatDiagnosis(diagnosis);
  process.stdout.write(text);
  return diagnosis.adapter ? 0 : 1;
});
