// Checkpoint folders: a crash at every single file operation, damage to every file, and what is kept.

import { describe, expect, test } from 'vitest';
import { encodeText, type Files } from '../files.ts';
import { memoryFiles } from '../memory-files.ts';
import {
  cleanLeftovers,
  listCheckpoints,
  listSetAside,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint-folder.ts';
import { restoreSetAside, setAsideLater } from './set-aside.ts';

type Content = Map<string, Uint8Array<ArrayBuffer>>;

const makeContents = (step: number) => ({
  'config.json': encodeText('{}'),
  'model.safetensors': encodeText(`weights after ${step}`),
});

const save = (files: Files, step: number, keep = 2) =>
  writeCheckpoint(files, 'run', { step, contents: makeContents(step), keep });

const stepsIn = async (files: Files) =>
  (await listCheckpoints(files, 'run')).map((checkpoint) => checkpoint.step);

class Killed extends Error {}

/** The same files, but the process "dies" after some changes; a write that dies leaves half of its bytes. */
function dyingFiles(content: Content, changes: number): Files {
  const files = memoryFiles(content);
  let left = changes;
  const guard =
    <A extends unknown[]>(
      act: (...args: A) => Promise<void>,
      half?: (...args: A) => Promise<void>,
    ) =>
    async (...args: A): Promise<void> => {
      if (left-- > 0) return act(...args);
      if (left === -1) await half?.(...args);
      throw new Killed();
    };
  return {
    ...files,
    write: guard(files.write, (path, bytes) =>
      files.write(path, bytes.subarray(0, bytes.length / 2)),
    ),
    rename: guard(files.rename),
    remove: guard(files.remove, async (path) => {
      const first = [...content.keys()].find((name) => name.startsWith(`${path}/`));
      if (first) content.delete(first);
    }),
  };
}

describe('a checkpoint folder', () => {
  test('comes back as it was written', async () => {
    const files = memoryFiles();
    const { folder } = await save(files, 120);
    expect(folder).toBe('run/checkpoints/step-00000120');
    expect(await readCheckpoint(files, folder)).toEqual(makeContents(120));
  });

  test('keeps the newest few, whatever their order of names', async () => {
    const files = memoryFiles();
    for (const step of [5, 10, 99_999_999, 100_000_000]) await save(files, step);
    expect(await stepsIn(files)).toEqual([99_999_999, 100_000_000]);
    await save(files, 100_000_001, 0);
    expect(await stepsIn(files)).toEqual([100_000_001]);
  });

  test('of a later step goes once the run, taken back, has saved anew', async () => {
    const files = memoryFiles();
    for (const step of [5, 10, 15]) await save(files, step, 3);
    await save(files, 7, 3);
    expect(await stepsIn(files)).toEqual([5, 7]);
  });

  test('that cannot be written leaves nothing on the disk', async () => {
    const content: Content = new Map();
    await save(memoryFiles(content), 5);
    const before = [...content.keys()];
    const files = memoryFiles(content);
    const full: Files = {
      ...files,
      write: async (path, bytes) => {
        await files.write(path, bytes.subarray(0, 5));
        if (path.endsWith('model.safetensors')) throw new Error('no space left');
      },
    };
    await expect(save(full, 10)).rejects.toThrow('no space left');
    expect([...content.keys()]).toEqual(before);
  });

  test('of a later step is set aside when the run goes back, and goes once it is passed', async () => {
    const content: Content = new Map();
    const files = memoryFiles(content);
    for (const step of [5, 10, 15]) await save(files, step, 3);
    content.set('run/metrics.jsonl', encodeText('fifteen steps'));
    const asked = await setAsideLater(files, 'run', 5);
    expect(asked.map(({ step }) => step)).toEqual([10, 15]);
    expect(await stepsIn(files)).toEqual([5]);
    await save(files, 7, 3);
    await save(files, 11, 3);
    const aside = await listSetAside(files, 'run');
    expect(aside.map(({ step }) => step)).toEqual([15]);
    content.set('run/metrics.jsonl', encodeText('eleven'));
    expect(await restoreSetAside(files, 'run', 10)).toBeNull();
    const back = await restoreSetAside(files, 'run', 15);
    expect(back?.folder).toBe('run/checkpoints/step-00000015');
    expect(await readCheckpoint(files, back?.folder ?? '')).toEqual(makeContents(15));
    expect(content.get('run/metrics.jsonl')).toEqual(encodeText('fifteen steps'));
    await save(files, 20, 3);
    expect(await stepsIn(files)).toEqual([11, 15, 20]);
    expect([...content.keys()].filter((path) => /replaced|step-.*metrics/.test(path))).toEqual([]);
  });

  test('killed at any moment while saving: a whole one is left, leftovers go, saving works again', async () => {
    let changes = 0;
    for (let isDone = false; !isDone; changes++) {
      const content: Content = new Map();
      await save(memoryFiles(content), 5);
      await save(memoryFiles(content), 10);
      isDone = await save(dyingFiles(content, changes), 15).then(
        () => true,
        (error) => {
          expect(error).toBeInstanceOf(Killed);
          return false;
        },
      );
      const files = memoryFiles(content);
      await cleanLeftovers(files, 'run');
      const latest = (await listCheckpoints(files, 'run')).at(-1);
      expect([10, 15]).toContain(latest?.step);
      expect(await readCheckpoint(files, latest?.folder as string)).toEqual(
        makeContents(latest?.step as number),
      );
      expect([...content.keys()].filter((path) => path.includes('/.'))).toEqual([]);
      await save(files, 15);
      expect(await stepsIn(files)).toEqual([10, 15]);
    }
    expect(changes).toBeGreaterThan(6); // it did die at each of them
  });

  test('killed while replacing the only checkpoint by one of the same step: one of them is left', async () => {
    for (let changes = 0; changes < 12; changes++) {
      const content: Content = new Map();
      await save(memoryFiles(content), 10);
      await save(dyingFiles(content, changes), 10).catch(() => {});
      const files = memoryFiles(content);
      await cleanLeftovers(files, 'run');
      const latest = (await listCheckpoints(files, 'run')).at(-1);
      expect(await readCheckpoint(files, latest?.folder as string)).toEqual(makeContents(10));
    }
  });

  test('without its marker it is no checkpoint', async () => {
    const content: Content = new Map();
    const files = memoryFiles(content);
    const { folder } = await save(files, 5);
    content.delete(`${folder}/checkpoint.json`);
    expect(await stepsIn(files)).toEqual([]);
    await expect(readCheckpoint(files, folder)).rejects.toThrow(
      /expected a readable file run\/checkpoints\/step-00000005\/checkpoint.json/,
    );
  });

  test.each<readonly [string, string, string]>([
    ['model.safetensors', 'weights aft', 'expected 15 bytes, got 11'],
    ['model.safetensors', 'weights after 6', 'expected the content it was saved with, got another'],
    ['checkpoint.json', '{"format":', 'expected a marker of format vulpes-checkpoint-1'],
    ['checkpoint.json', '[]', 'expected a marker of format vulpes-checkpoint-1'],
    ['checkpoint.json', '', 'expected a marker of format vulpes-checkpoint-1'],
    ...['null', '{}', '[]', '{"../x":{"bytes":1,"sha256":""}}', '['.repeat(100_000)].map(
      (files): readonly [string, string, string] => [
        'checkpoint.json',
        `{"format":"vulpes-checkpoint-1","files":${files}}`,
        'expected a marker of format vulpes-checkpoint-1',
      ],
    ),
  ])('names %s when it holds %j', async (name, text, message) => {
    const content: Content = new Map();
    const files = memoryFiles(content);
    const { folder } = await save(files, 5);
    content.set(`${folder}/${name}`, encodeText(text));
    await expect(readCheckpoint(files, folder)).rejects.toThrow(
      `checkpoint: ${folder}/${name} is damaged: ${message}`,
    );
  });

  test('names a file that is gone', async () => {
    const content: Content = new Map();
    const files = memoryFiles(content);
    const { folder } = await save(files, 5);
    content.delete(`${folder}/model.safetensors`);
    await expect(readCheckpoint(files, folder)).rejects.toThrow(`${folder}/model.safetensors, got`);
  });
});
