// A command that fails, or waits for a signal; for the tests of this package.

import { setTimeout } from 'node:timers/promises';
import { abortOnSignal, endOnSignal, InterruptedError, runCli, UsageError } from '../index.ts';

const mode = process.argv[2];

await runCli(async () => {
  if (mode === 'fail') throw new UsageError('bad option.');
  if (mode === 'end') {
    endOnSignal((name) => process.stdout.write(`ending by ${name}\n`));
    process.stdout.write('working\n');
    await setTimeout(60_000);
  }
  if (mode === 'busy') {
    abortOnSignal(() => process.stdout.write('stopping\n'));
    process.stdout.write('working\n');
    await setTimeout(60_000);
  }
  let received: NodeJS.Signals = 'SIGTERM';
  const { signal } = abortOnSignal((name) => {
    received = name;
  });
  process.stdout.write('working\n');
  await setTimeout(60_000, null, { signal }).catch(() => {});
  throw new InterruptedError(received, 'All is saved.');
});
