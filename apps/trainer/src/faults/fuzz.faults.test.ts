// Ten thousand damaged configurations, weights, checkpoints, runs and logs: each is read, or refused by a typed, short sentence.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '@vulpes/cli-kit';
import { byteTokenizer, createCorpus } from '@vulpes/data';
import {
  createModel,
  encodeModelFiles,
  foxConfigFromJson,
  foxPreset,
  initialValues,
  loadModelFolder,
  memoryFileSystem,
  parameterSpecs,
} from '@vulpes/lm-models';
import { createDevice, FoxError } from '@vulpes/tensor-core';
import {
  type CheckpointContents,
  checkResumable,
  cleanLeftovers,
  defaultSettings,
  listCheckpoints,
  loadCheckedModel,
  memoryFiles,
  readMetrics,
  readRunFile,
  runTraining,
  writeCheckpoint,
  writeRunFile,
} from '@vulpes/training';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { drawLossCurve } from '../loss-curve.ts';
import { findRun } from '../run-folder.ts';
import { syncedFiles } from '../synced-files.ts';
import { Mutator } from './mutate.ts';

const SEED = 20_261_128;
const LONGEST_MESSAGE = 2000;
const SLOWEST_MS = 20_000;

vi.setConfig({ testTimeout: 600_000 });

const config = foxPreset('pro-nano', {
  ...{ hiddenSize: 32, numHiddenLayers: 1, numHeads: 1, intermediateSize: 32 },
});
const settings = {
  ...defaultSettings,
  ...{ steps: 2, warmupSteps: 1, contextLength: 8, batchSize: 1, evalSequences: 1 },
};
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(40);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encode = (json: string) => new TextEncoder().encode(json);

let corpus: Awaited<ReturnType<typeof createCorpus>>;
let contents: CheckpointContents;
let runJson: string;
let metrics: Uint8Array;
let shards: Record<string, Uint8Array>;
let whole: Awaited<ReturnType<typeof loadModelFolder>>;
const tally = { tried: 0, accepted: 0, refused: 0 };

beforeAll(async () => {
  corpus = await createCorpus([{ name: 'foxes', bytes: byteTokenizer.encode(text) }], {
    contextLength: 8,
  });
  // A real run, for files as they are.
  using device = await createDevice({ adapter: 'software' });
  const content = new Map<string, Uint8Array<ArrayBuffer>>();
  const files = memoryFiles(content);
  const model = createModel(config, device);
  const run = { device, model, settings, corpus, files, runFolder: 'run', resumeFrom: null };
  const { checkpoint } = await runTraining(run);
  const reading = { heldOut: 0.02, tokenizer: null, encoding: 'auto', field: 'text' };
  const source = { kind: 'files' as const, files: ['/tmp/foxes.txt'], ...reading };
  await writeRunFile(files, 'run', { preset: 'smoke', model: config, settings, data: source });
  const names = [...content.keys()].filter((path) => path.startsWith(`${checkpoint.folder}/`));
  contents = Object.fromEntries(
    names
      .filter((path) => !path.endsWith('checkpoint.json'))
      .map((path) => [path.slice(checkpoint.folder.length + 1), content.get(path)]),
  ) as CheckpointContents;
  runJson = decode(content.get('run/run.json') as Uint8Array);
  metrics = content.get('run/metrics.jsonl') as Uint8Array;
  shards = await shardFolder();
  whole = await loadModelFolder(memoryFileSystem({ ...contents }), '');
});
afterAll(() => console.log(`fuzz: ${JSON.stringify(tally)}`));

async function shardFolder(): Promise<Record<string, Uint8Array>> {
  const weights = Object.fromEntries(
    parameterSpecs(config).map((spec) => [
      spec.name,
      { shape: spec.shape, data: initialValues(spec, 1) },
    ]),
  );
  const files = await encodeModelFiles({ config, weights });
  const map = Object.fromEntries(Object.keys(weights).map((name) => [name, 'a.safetensors']));
  return {
    'm/config.json': files['config.json'],
    'm/a.safetensors': files['model.safetensors'],
    'm/model.safetensors.index.json': encode(JSON.stringify({ weight_map: map })),
  };
}

/** Reads damaged input: it may be accepted, or refused by a typed error with a short message, soon. */
async function attempt(read: () => unknown): Promise<unknown> {
  const start = performance.now();
  tally.tried += 1;
  try {
    const value = await read();
    tally.accepted += 1;
    return value;
  } catch (error) {
    tally.refused += 1;
    if (!FoxError.isInstance(error)) throw error;
    expect(error.message.length).toBeLessThanOrEqual(LONGEST_MESSAGE);
    return null;
  } finally {
    expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  }
}

const repeat = async (count: number, body: (mutator: Mutator, n: number) => Promise<void>) => {
  for (let n = 0; n < count; n++) {
    await body(new Mutator(SEED + n), n).catch((error: unknown) => {
      throw new Error(`seed ${SEED + n}: ${String(error).slice(0, 300)}`, { cause: error });
    });
  }
};

const damage = (mutator: Mutator, bytes: Uint8Array, isJson: boolean): Uint8Array<ArrayBuffer> =>
  isJson && mutator.below(3) > 0 ? encode(mutator.json(decode(bytes))) : mutator.bytes(bytes);

test('2,500 configurations', () =>
  repeat(2500, async (mutator) => {
    const bytes = damage(mutator, contents['config.json'] as Uint8Array, true);
    await attempt(() => parameterSpecs(foxConfigFromJson(decode(bytes))));
  }));

test('2,000 weights: what is accepted has no other value than was saved', () =>
  repeat(2000, async (mutator) => {
    const weights = contents['model.safetensors'] as Uint8Array;
    const header = 8 + Number(new DataView(weights.buffer).getBigUint64(0, true));
    const isHeader = mutator.below(2) === 0;
    const json = isHeader ? mutator.json(decode(weights.subarray(8, header))) : '';
    const bytes = isHeader ? withHeader(json, weights.subarray(header)) : mutator.bytes(weights);
    const files = { 'm/config.json': contents['config.json'] as Uint8Array };
    const fs = memoryFileSystem({ ...files, 'm/model.safetensors': bytes });
    const model = await attempt(() => loadModelFolder(fs, 'm'));
    if (model) expect(hasWeightsOf(whole, model as typeof whole)).toBe(true);
  }));

/** Bit for bit. */
function hasWeightsOf(one: typeof whole, other: typeof whole): boolean {
  const [a, b] = [Object.entries(one.weights), Object.entries(other.weights)];
  return (
    a.length === b.length &&
    a.every(([name, { data }]) => {
      const found = other.weights[name]?.data;
      return found !== undefined && Buffer.from(data.buffer).equals(Buffer.from(found.buffer));
    })
  );
}

function withHeader(json: string, data: Uint8Array): Uint8Array {
  const header = encode(json);
  const file = new Uint8Array(8 + header.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(data, 8 + header.length);
  return file;
}

test('500 folders of shards', () =>
  repeat(500, async (mutator) => {
    const name = mutator.pick(Object.keys(shards));
    const bytes = damage(mutator, shards[name] as Uint8Array, name.endsWith('.json'));
    const fs = memoryFileSystem({ ...shards, [name]: bytes });
    await attempt(() => loadModelFolder(fs, 'm'));
  }));

test('1,500 checkpoints with damage on the disk: used only as they were saved', async () => {
  const good = new Map<string, Uint8Array<ArrayBuffer>>();
  const step = { step: 2, contents, keep: 1 };
  const { folder } = await writeCheckpoint(memoryFiles(good), 'run', step);
  await repeat(1500, async (mutator) => {
    const name = mutator.pick([...good.keys()]);
    const bytes = damage(mutator, good.get(name) as Uint8Array, name.endsWith('.json'));
    const content = new Map(good).set(name, bytes);
    const fs = memoryFileSystem(Object.fromEntries(content));
    const model = await attempt(() => loadCheckedModel(fs, folder));
    if (model) {
      const read = model as typeof whole;
      expect([read.config, hasWeightsOf(whole, read)]).toEqual([whole.config, true]);
    }
    const request = { config, settings, corpus };
    await attempt(() => checkResumable(memoryFiles(content), { step: 2, folder }, request));
  });
});

test('1,500 trainer states under a marker that fits them', () =>
  repeat(1500, async (mutator) => {
    const state = damage(mutator, contents['trainer-state.json'] as Uint8Array, true);
    const files = memoryFiles();
    const damaged = { step: 2, contents: { ...contents, 'trainer-state.json': state }, keep: 1 };
    const checkpoint = await writeCheckpoint(files, 'run', damaged);
    await attempt(() => checkResumable(files, checkpoint, { config, settings, corpus }));
  }));

test('1,000 runs', () =>
  repeat(1000, async (mutator) => {
    const bytes = damage(mutator, encode(runJson), true);
    const files = memoryFiles(new Map([['run/run.json', bytes]]));
    await attempt(() => readRunFile(files, 'run'));
  }));

test('1,000 metrics logs: never an error, and the picture is drawn', () =>
  repeat(1000, async (mutator) => {
    const isLine = mutator.below(2) === 0;
    const lines = decode(metrics).trimEnd().split('\n');
    if (isLine) lines[mutator.below(lines.length)] = mutator.json(mutator.pick(lines));
    const bytes = isLine ? encode(`${lines.join('\n')}\n`) : mutator.bytes(metrics);
    const files = memoryFiles(new Map([['run/metrics.jsonl', bytes]]));
    const read = await attempt(() => readMetrics(files, 'run'));
    expect(read).not.toBeNull();
    await attempt(() => drawLossCurve((read as Awaited<ReturnType<typeof readMetrics>>).metrics));
  }));

test('200 run folders on disk: nothing outside of them is touched', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'vulpes-fuzz-'));
  const outside = join(scratch, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'mine.txt'), 'mine');
  try {
    await repeat(200, async (mutator, n) => {
      const run = join(scratch, `run-${n}`);
      await syncedFiles.makeFolder(run);
      writeFileSync(join(run, 'run.json'), damage(mutator, encode(runJson), true));
      await writeCheckpoint(syncedFiles, run, { step: 2, contents, keep: 1 });
      const [checkpoint] = await listCheckpoints(syncedFiles, run);
      const name = mutator.pick([...Object.keys(contents), 'checkpoint.json']);
      const path = join(checkpoint?.folder ?? '', name);
      writeFileSync(path, damage(mutator, readFileSync(path), name.endsWith('.json')));
      mkdirSync(
        join(
          run,
          'checkpoints',
          mutator.pick(['.writing-x', '.deleting-..', 'step-1', '.writing-3']),
        ),
      );
      await attempt(() => findRun(run, { clean: true }));
      await attempt(() => cleanLeftovers(syncedFiles, run));
      await attempt(() => loadCheckedModel(nodeFiles, checkpoint?.folder ?? ''));
      rmSync(run, { recursive: true });
    });
    expect(readdirSync(scratch)).toEqual(['outside']);
    expect(readdirSync(outside)).toEqual(['mine.txt']);
    expect(readFileSync(join(outside, 'mine.txt'), 'utf8')).toBe('mine');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
