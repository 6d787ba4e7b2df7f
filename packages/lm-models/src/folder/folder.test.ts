// Model folders: round trip, shards, tied weights, and each way a folder can be wrong.

import { CheckpointError } from '@vulpes/tensor-core';
import { describe, expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import { foxConfigToJson } from '../config/config-json.ts';
import { foxConfig } from '../config/make-config.ts';
import type { HostWeights } from '../parameters/host-weights.ts';
import { initialValues } from '../parameters/initial-values.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import { readSafetensors, writeSafetensors } from '../safetensors/index.ts';
import { type FileSystem, memoryFileSystem } from './file-system.ts';
import { loadModelFolder } from './load-folder.ts';
import { saveModelFolder } from './save-folder.ts';

const config = foxConfig({
  vocabSize: 16,
  hiddenSize: 32,
  numHeads: 2,
  numHiddenLayers: 2,
  intermediateSize: 16,
});

const makeWeights = (of: FoxConfig): HostWeights =>
  Object.fromEntries(
    parameterSpecs(of).map((spec) => [
      spec.name,
      { shape: spec.shape, data: initialValues(spec, 3) },
    ]),
  );

const text = (value: string) => new TextEncoder().encode(value);

/** A folder `m` with this configuration and these files. */
function folderWith(files: Record<string, Uint8Array>, of = config): FileSystem {
  return memoryFileSystem(
    Object.fromEntries(
      Object.entries({ 'config.json': text(foxConfigToJson(of)), ...files }).map(
        ([name, bytes]) => [`m/${name}`, bytes],
      ),
    ),
  );
}

/** The weights as two shards with an index. */
function shards(weights: HostWeights): Record<string, Uint8Array> {
  const names = Object.keys(weights);
  const part = (from: number, to?: number) =>
    Object.fromEntries(
      names.slice(from, to).map((name) => [name, weights[name] as HostWeights[string]]),
    );
  const map = Object.fromEntries(
    names.map((name, i) => [name, i < 5 ? 'a.safetensors' : 'b.safetensors']),
  );
  return {
    'a.safetensors': writeSafetensors(part(0, 5), { format: 'pt' }),
    'b.safetensors': writeSafetensors(part(5)),
    'model.safetensors.index.json': text(JSON.stringify({ metadata: {}, weight_map: map })),
  };
}

describe('a folder', () => {
  test('comes back as it was saved', async () => {
    const fs = memoryFileSystem();
    await saveModelFolder(fs, 'm', {
      config,
      weights: makeWeights(config),
      metadata: { step: '7' },
    });
    expect((await fs.list('m')).sort()).toEqual(['config.json', 'model.safetensors']);
    const loaded = await loadModelFolder(fs, 'm');
    expect(loaded.config).toEqual(config);
    expect(loaded.weights).toEqual(makeWeights(config));
    expect(loaded.metadata).toEqual({ format: 'pt', step: '7' });
  });

  test('is read from shards', async () => {
    const loaded = await loadModelFolder(folderWith(shards(makeWeights(config))), 'm/');
    expect(loaded.weights).toEqual(makeWeights(config));
    expect(loaded.metadata).toEqual({ format: 'pt' });
  });

  test('may hold half-precision weights', async () => {
    const halves = Object.fromEntries(
      Object.entries(makeWeights(config)).map(([name, tensor]) => [
        name,
        { ...tensor, dtype: 'BF16' as const },
      ]),
    );
    const file = writeSafetensors(halves);
    const { weights } = await loadModelFolder(folderWith({ 'model.safetensors': file }), 'm');
    const first = weights['model.embeddings.weight']?.data[0] as number;
    expect(first).toBeCloseTo(makeWeights(config)['model.embeddings.weight']?.data[0] as number, 3);
    expect(weights['model.norm.weight']?.data[0]).toBe(1);
  });

  test('with tied embeddings may carry the head or not', async () => {
    const tied = { ...config, tieWordEmbeddings: true };
    const without = folderWith({ 'model.safetensors': writeSafetensors(makeWeights(tied)) }, tied);
    const carried = folderWith(
      { 'model.safetensors': writeSafetensors(makeWeights(config)) },
      tied,
    );
    for (const fs of [without, carried]) {
      expect((await loadModelFolder(fs, 'm')).weights).toEqual(makeWeights(tied));
    }
  });

  test('that is saved with weights of another model is not written', async () => {
    const fs = memoryFileSystem();
    const { 'model.norm.weight': _norm, ...weights } = makeWeights(config);
    const save = saveModelFolder(fs, 'm', { config, weights });
    await expect(save).rejects.toThrow('1 missing: model.norm.weight [32]');
    expect(await fs.list('m')).toEqual([]);
  });
});

describe('a folder is refused', () => {
  const load = (files: Record<string, Uint8Array>) => loadModelFolder(folderWith(files), 'm');
  const changed = (change: (weights: HostWeights) => void) => {
    const weights = makeWeights(config);
    change(weights);
    return { 'model.safetensors': writeSafetensors(weights) };
  };

  test('without config.json', async () => {
    await expect(loadModelFolder(memoryFileSystem(), 'm')).rejects.toThrow(
      /^m\/config\.json: expected a file/,
    );
  });

  test('without weights', async () => {
    await expect(load({})).rejects.toThrow(/^m\/model\.safetensors: expected a file/);
  });

  test('with tensors missing, unexpected and mis-shaped, all in one sentence', async () => {
    const files = changed((weights) => {
      delete weights['model.norm.weight'];
      weights['model.layers.9.attn.q_proj.weight'] = { shape: [1], data: new Float32Array(1) };
      weights['lm_head.weight'] = { shape: [32, 16], data: new Float32Array(512) };
    });
    await expect(load(files)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[CheckpointError: m/model.safetensors: the weights do not fit the configuration: 1 missing: model.norm.weight [32]. 1 unexpected: model.layers.9.attn.q_proj.weight. 1 wrong shape: lm_head.weight: expected [16, 32], got [32, 16]. Check that both belong to the same model.]`,
    );
  });

  test('naming only the first of very many', async () => {
    await expect(load({ 'model.safetensors': writeSafetensors({}) })).rejects.toThrow(
      /; and \d+ more\./,
    );
  });

  test('with one flipped bit in any weight, naming the tensor; saved again it is whole', async () => {
    const fs = memoryFileSystem();
    await saveModelFolder(fs, 'm', { config, weights: makeWeights(config) });
    const bytes = await fs.readFile('m/model.safetensors');
    const { tensors } = readSafetensors(bytes);
    for (const [name, tensor] of tensors) {
      tensor.bytes[5] = (tensor.bytes[5] as number) ^ 0x10; // a view on the file
      await expect(loadModelFolder(fs, 'm')).rejects.toThrow(
        `m/model.safetensors is damaged: expected tensor ${name} as it was saved`,
      );
      tensor.bytes[5] = (tensor.bytes[5] as number) ^ 0x10;
    }
    const { weights, metadata } = await loadModelFolder(fs, 'm');
    await saveModelFolder(fs, 'm', { config, weights, metadata });
    expect(await fs.readFile('m/model.safetensors')).toEqual(bytes);
  });

  test.each(['null', '[', '{}', '7'])('with %s for hashes', async (vulpes_sha256) => {
    const file = writeSafetensors(makeWeights(config), { vulpes_sha256 });
    await expect(load({ 'model.safetensors': file })).rejects.toThrow(CheckpointError);
  });

  test('with integers for weights', async () => {
    const weights = {
      ...makeWeights(config),
      'model.norm.weight': { shape: [32], data: new Int32Array(32) },
    };
    const files = { 'model.safetensors': writeSafetensors(weights) };
    await expect(load(files)).rejects.toThrow(
      'model.norm.weight: expected F32, F16, BF16 or F64, got I32',
    );
  });

  test('with a damaged weights file', async () => {
    const files = { 'model.safetensors': writeSafetensors(makeWeights(config)).slice(0, -1) };
    await expect(load(files)).rejects.toThrow(CheckpointError);
    await expect(load(files)).rejects.toThrow(/^m\/model\.safetensors: .*truncated/);
  });

  test.each<[string, string, RegExp]>([
    ['no JSON', '{', /expected JSON/],
    ['no map', '{}', /expected a weight_map/],
    ['null', 'null', /expected a weight_map/],
    ['an empty map', '{"weight_map":{}}', /expected a weight_map/],
    ['a shard outside the folder', '{"weight_map":{"w":"../w.safetensors"}}', /of the same folder/],
    ['a shard that is no name', '{"weight_map":{"w":1}}', /of the same folder/],
    [
      'a shard that is not there',
      '{"weight_map":{"w":"c.safetensors"}}',
      /^m\/c\.safetensors: expected a file/,
    ],
    [
      'a tensor that its shard lacks',
      '{"weight_map":{"w":"e.safetensors"}}',
      /expected tensor w in e\.safetensors/,
    ],
  ])('with %s in the index', async (_what, index, message) => {
    const files = {
      'e.safetensors': writeSafetensors({}),
      'model.safetensors.index.json': text(index),
    };
    await expect(load(files)).rejects.toThrow(message);
    await expect(load(files)).rejects.toThrow(CheckpointError);
  });

  test('with a tensor in a shard where the index has it not', async () => {
    const files = shards(makeWeights(config));
    files['b.safetensors'] = files['a.safetensors'] as Uint8Array;
    await expect(load(files)).rejects.toThrow(/b\.safetensors: expected only the tensors/);
  });
});
