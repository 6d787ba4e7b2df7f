// A process that saves checkpoints without end and prints the step of each: tests kill it.

import { writeCheckpoint } from '@vulpes/training';
import { syncedFiles } from '../synced-files.ts';

const [folder = '', start = '0'] = process.argv.slice(2);

for (let step = Number(start) + 1; ; step++) {
  const contents = {
    'data.bin': new Uint8Array(300_000).fill(step % 256),
    'more.bin': new Uint8Array(1000).fill(1),
  };
  await writeCheckpoint(syncedFiles, folder, { step, contents, keep: 2 });
  process.stdout.write(`${step}\n`);
}
