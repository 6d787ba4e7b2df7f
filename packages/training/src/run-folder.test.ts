// run.json: what was written comes back, a run of the first release still reads, and errors name the field.

import { expect, test } from 'vitest';
import { memoryFiles } from './memory-files.ts';
import { readMetrics, readRunFile, writeRunFile } from './run-folder.ts';
import { runPresets } from './run-presets.ts';
import { defaultSettings } from './settings.ts';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const filesWith = (run: unknown) => memoryFiles(new Map([['run/run.json', encode(run)]]));

const saved = {
  format: 'vulpes-run-1',
  preset: 'smoke',
  settings: defaultSettings,
  data: { kind: 'files', files: ['/a.txt'] },
  model: { vocab_size: 256, hidden_size: 64, num_heads: 2 },
};

test.each(Object.entries(runPresets))(
  'preset %s comes back as it was written',
  async (preset, { model, settings }) => {
    const files = memoryFiles();
    const data = {
      kind: 'bundled',
      heldOut: 0.02,
      ...{ tokenizer: 'gpt2', encoding: 'auto', field: 'text' },
    } as const;
    const run = { preset, model, settings, data };
    await writeRunFile(files, 'run', run);
    expect(await readRunFile(files, 'run')).toEqual(run);
  },
);

test('a folder without run.json has no run, and no metrics', async () => {
  expect(await readRunFile(memoryFiles(), 'run')).toBeNull();
  expect(await readMetrics(memoryFiles(), 'run')).toEqual({ metrics: [], badLines: [] });
});

test('fields of a later release are left out', async () => {
  const run = await readRunFile(filesWith({ ...saved, colour: 'red' }), 'run');
  expect(run).toMatchObject({ preset: 'smoke', data: saved.data, settings: defaultSettings });
  expect(run).not.toHaveProperty('colour');
});

test.each([
  [{ preset: 3 }, 'run/run.json, field "preset": expected a string, got 3. Restore the file.'],
  [{ settings: [] }, 'run/run.json, field "settings.steps": expected a value, got nothing.'],
  [{ data: { kind: 'disk' } }, 'field "data.kind": expected "bundled" or "files", got "disk".'],
  [
    { data: { kind: 'files', files: 'a' } },
    'field "data.files": expected a list of files, got "a".',
  ],
  [{ data: { kind: 'files', files: [1] } }, 'field "data.files.0": expected a string, got 1.'],
  [{ model: null }, 'field "model": expected an object, got null.'],
  [{ model: { num_heads: 'two' } }, 'field "model": '],
  [{ format: 'vulpes-run-0' }, 'expected format vulpes-run-1, got "vulpes-run-0".'],
])('%j is an error', async (change, message) => {
  await expect(readRunFile(filesWith({ ...saved, ...change }), 'run')).rejects.toThrow(message);
});
