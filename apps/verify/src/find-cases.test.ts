// Which cases a folder holds.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findCases } from './find-cases.ts';
import { FIXTURES } from './options.ts';
import { inTemporaryFolder } from './testing/change-fixtures.ts';

const found = async (folder: string) =>
  (await findCases(folder)).map(({ kind, id }) => `${kind} ${id}`);

test('the carried fixtures', async () => {
  expect(await found(FIXTURES)).toEqual([
    'attention attention/cross_d16',
    'attention attention/padded_d64_one_head',
    'attention attention/pruned_cross_d32_one_head',
    'attention-extended attention-extended/packed_d64_one_head',
    'attention-extended attention-extended/packed_window_mqa_d32',
    'models models/frozen_fox_pro',
    'training training/fox_pro',
  ]);
});

test('kinds in order; what else is there is passed over', () =>
  inTemporaryFolder(async (folder) => {
    for (const path of [
      'training/run',
      'models/a',
      'attention/odd',
      'attention-extended',
      'later',
    ]) {
      await mkdir(join(folder, path), { recursive: true });
    }
    for (const path of [
      'attention/b.safetensors',
      'attention/a.safetensors',
      'attention/README.md',
      'attention/.hidden',
      'attention-extended/gqa.safetensors',
      'later/new.safetensors',
      'models/stray.txt',
      'README.md',
    ]) {
      await writeFile(join(folder, path), '');
    }
    expect(await found(folder)).toEqual([
      'attention attention/a',
      'attention attention/b',
      'attention-extended attention-extended/gqa',
      'models models/a',
      'training training/run',
    ]);
  }));

test('the folder of a kind without a case is an error', () =>
  inTemporaryFolder(async (folder) => {
    await mkdir(join(folder, 'models'));
    await expect(findCases(folder)).rejects.toThrow(/^verify: expected a case in .*models, found/);
  }));

test('an empty folder has none', () =>
  inTemporaryFolder(async (folder) => expect(await found(folder)).toEqual([])));

test('errors name a missing folder, and a file', () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(findCases(join(folder, 'none'))).rejects.toThrow(
      'there is no such file or folder',
    );
    await expect(findCases(file)).rejects.toThrow('is a file');
  }));
