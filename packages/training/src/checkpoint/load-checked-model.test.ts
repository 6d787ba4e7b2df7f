// A checkpoint is computed with only as it was saved: one flipped bit in any of its files, and it is refused by name.

import {
  encodeModelFiles,
  type FileSystem,
  initialValues,
  memoryFileSystem,
  parameterSpecs,
} from '@vulpes/lm-models';
import { beforeAll, expect, test } from 'vitest';
import { memoryFiles } from '../memory-files.ts';
import { tinyConfig } from '../testing/tiny-run.ts';
import { type CheckpointContents, writeCheckpoint } from './checkpoint-folder.ts';
import { loadCheckedModel } from './load-checked-model.ts';

const config = tinyConfig();
const weights = Object.fromEntries(
  parameterSpecs(config).map((spec) => [
    spec.name,
    { shape: spec.shape, data: initialValues(spec, 1) },
  ]),
);

let contents: CheckpointContents;
beforeAll(async () => {
  contents = await encodeModelFiles({ config, weights });
});

/** A checkpoint, and its files by path. */
async function checkpoint() {
  const content = new Map<string, Uint8Array<ArrayBuffer>>();
  const saved = await writeCheckpoint(memoryFiles(content), 'run', { step: 1, contents, keep: 1 });
  return { folder: saved.folder, content };
}

const toFileSystem = (content: ReadonlyMap<string, Uint8Array>): FileSystem =>
  memoryFileSystem(Object.fromEntries(content));

test('whole, it comes back, whatever slash its name ends with', async () => {
  const { folder, content } = await checkpoint();
  for (const end of ['', '/', '//']) {
    const model = await loadCheckedModel(toFileSystem(content), folder + end);
    expect(model.weights).toEqual(weights);
    expect(model.config).toEqual(config);
  }
});

test.each([
  ['config.json', /config\.json is damaged/],
  ['model.safetensors', /model\.safetensors is damaged/],
  ['checkpoint.json', /is damaged: expected/],
])('a flipped bit anywhere in %s', async (name, message) => {
  const { folder, content } = await checkpoint();
  const bytes = content.get(`${folder}/${name}`) as Uint8Array;
  for (let n = 0; n < 60; n++) {
    const place = Math.floor((n / 60) * bytes.length);
    bytes[place] = (bytes[place] as number) ^ (1 << (n % 8));
    const loading = loadCheckedModel(toFileSystem(content), folder);
    // In white space, and in what is said of files that are not read here, the marker says the same.
    if (name === 'checkpoint.json') await loading.catch((e) => expect(String(e)).toMatch(message));
    else await expect(loading).rejects.toThrow(message);
    bytes[place] = (bytes[place] as number) ^ (1 << (n % 8));
  }
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a weight that is %s is named', async (value) => {
  const [name = '', first] = Object.entries(weights)[3] ?? [];
  const data = Float32Array.from(first?.data ?? []);
  data[2] = value;
  const changed = { ...weights, [name]: { shape: first?.shape ?? [], data } };
  const files = await encodeModelFiles({ config, weights: changed });
  const folder = memoryFileSystem(
    Object.fromEntries(Object.entries(files).map(([file, bytes]) => [`m/${file}`, bytes])),
  );
  await expect(loadCheckedModel(folder, 'm')).rejects.toThrow(
    `m: expected finite numbers in tensor ${name}, got ${value} at element 2.`,
  );
});

test('an empty marker is a damaged one; without a marker the weights still have their hashes', async () => {
  const { folder, content } = await checkpoint();
  content.set(`${folder}/checkpoint.json`, new Uint8Array());
  await expect(loadCheckedModel(toFileSystem(content), folder)).rejects.toThrow('is damaged');
  content.delete(`${folder}/checkpoint.json`);
  await loadCheckedModel(toFileSystem(content), folder);
  const bytes = content.get(`${folder}/model.safetensors`) as Uint8Array;
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 4;
  await expect(loadCheckedModel(toFileSystem(content), folder)).rejects.toThrow(
    /model\.safetensors is damaged: expected tensor \S+ as it was saved/,
  );
});
