// A run's device takes a tuning table from a file, says so, and refuses a table that is not for it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapterKey, createDevice, tuningFingerprint } from '@vulpes/tensor-core';
import { decodeTuning, encodeTuning } from '@vulpes/training';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deviceLines, openDevice } from './open-device.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuning-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** As the message about a table of other kernels names it. */
function thisVersion(): string {
  try {
    decodeTuning(encodeTuning({ adapter: '', kernels: 'others', matmul: [] }), 'table');
  } catch (error) {
    return /these kernels \((\w+)\)/.exec((error as Error).message)?.[1] ?? '';
  }
  return '';
}

async function open(text: string) {
  const tuning = join(folder, 'table.json');
  await writeFile(tuning, text);
  return await openDevice({ adapter: 'software', tuning });
}

test('the table of a file reaches the device', async () => {
  using plain = await createDevice({ adapter: 'software' });
  expect(deviceLines(plain.caps).length).toBe(1);
  const table = { adapter: adapterKey(plain.caps), kernels: thisVersion(), matmul: [] };
  using device = await open(encodeTuning(table));
  expect(device.caps.tuning).toEqual(table);
  expect(deviceLines(device.caps)[1]).toContain(tuningFingerprint(table));
});

test('a table of another adapter is refused, and a file that is none', async () => {
  const other = { adapter: 'nvidia|hopper', kernels: thisVersion(), matmul: [] };
  await expect(open(encodeTuning(other))).rejects.toThrow(
    /expected a tuning table of this adapter \(.*\), got one of nvidia\|hopper\. Measure here/,
  );
  await expect(open('{')).rejects.toThrow('expected JSON, got other text');
});
