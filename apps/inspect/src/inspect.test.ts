// From a folder to a page, through the app's own functions, and every mistake on the way.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteTokenizer } from '@vulpes/data';
import {
  encodeModelFiles,
  foxConfigToJson,
  foxPreset,
  initialValues,
  parameterSpecs,
} from '@vulpes/lm-models';
import { defaultSettings } from '@vulpes/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseText } from './choose-text.ts';
import { findModel } from './find-model.ts';
import { inspect } from './inspect-command.ts';
import type { InspectCommandOptions } from './options.ts';

const small = { hiddenSize: 32, numHeads: 2, intermediateSize: 16 };
let scratch: string;
const at = (...names: string[]) => join(scratch, ...names);

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vulpes-inspect-'));
  await writeModel(at('model'), 'pro-nano');
  await writeModel(at('gateless'), 'transformer-nano');
  await writeModel(at('tokens'), 'pro-nano', { vocabSize: 64 });
  await writeFile(at('long.txt'), 'The fox & the <hound> sleep.\n'.repeat(40));
  await writeFile(at('short.txt'), 'Too short.');
  await writeRun();
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function writeModel(folder: string, preset: string, fields = {}): Promise<void> {
  const config = foxPreset(preset, { ...small, ...fields });
  const weights = Object.fromEntries(
    parameterSpecs(config).map((spec) => [
      spec.name,
      { shape: spec.shape, data: initialValues(spec, 1) },
    ]),
  );
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(await encodeModelFiles({ config, weights }))) {
    await writeFile(join(folder, name), bytes);
  }
}

/** A run as the trainer leaves it: the older checkpoint is broken, the newest is whole. */
async function writeRun(): Promise<void> {
  const folder = at('run', 'checkpoints', 'step-00000020');
  await writeModel(folder, 'pro-nano');
  const files: Record<string, object> = {};
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files[name] = { bytes: bytes.length, sha256 };
  }
  const marker = { format: 'vulpes-checkpoint-1', files };
  await writeFile(join(folder, 'checkpoint.json'), JSON.stringify(marker));
  await mkdir(at('run', 'checkpoints', 'step-00000010'));
  const data = { kind: 'files', files: [at('long.txt')] };
  const settings = { ...defaultSettings, contextLength: 96 };
  const model = JSON.parse(foxConfigToJson(foxPreset('pro-nano', small)));
  const run = { format: 'vulpes-run-1', preset: 'smoke', settings, data, model };
  await writeFile(at('run', 'run.json'), JSON.stringify(run));
}

async function run(path: string, options: Partial<InspectCommandOptions> = {}) {
  const lines: string[] = [];
  const output = { write: (text: string) => lines.push(text) };
  const page = await inspect(path, { tolerance: -10, adapter: 'auto', ...options }, output);
  return { page, printed: lines.join(''), html: await readFile(page, 'utf8') };
}

test('a run is drawn on the held-out part of its text', async () => {
  const { page, printed, html } = await run(at('run'));
  expect(page).toBe(at('run', 'inspect.html'));
  expect(printed).toMatch(
    /^Model {4}FoX \(Pro\), 2 layers of 32, 2 heads of 16, from .*step-00000020\n/,
  );
  expect(printed).toContain(`Text     96 bytes of held-out text of ${at('long.txt')}`);
  expect(printed).toMatch(/layer 2 of 2: rows of attention/);
  expect(printed).toMatch(
    /\nlayer +blocks +paper keeps +certified keeps +true mass lost +half-lives/,
  );
  expect(printed).toMatch(
    /\n {4}0 .*%.*%.* … .*\n {4}1 .*\n {2}all .*\n\nReport {3}.*inspect\.html\n$/,
  );
  for (const heading of [
    'What pruning saves',
    'Decay in layer 0',
    'Decay in layer 1',
    'Half-lives of the gates',
    'Gates along the text',
    'How far heads look back',
    'Forget gates and attention',
    'Loss against position',
  ]) {
    expect(html).toContain(`<h2>${heading}</h2>`);
  }
  expect(html.match(/<svg /g)?.length).toBe(10);
  expect(html).toContain('“&lt;”'); // a byte of the text, in the table of gates
  // Without the bytes of pictures, which may spell anything.
  const text = html.replace(/data:image\/png;base64,[^"]*/g, 'data:');
  expect(text).not.toMatch(/NaN|undefined|(?:href|src)="(?!data:)/);
});

test('a model folder and a checkpoint are models, too, on a text of the user or the bundled one', async () => {
  const checkpoint = at('run', 'checkpoints', 'step-00000020');
  expect(await findModel(at('model'))).toEqual({ folder: at('model'), run: null });
  expect(await findModel(checkpoint)).toEqual({ folder: checkpoint, run: null });
  const bytes = { tokenizer: byteTokenizer, folder: at('model') };
  const own = await chooseText(null, bytes, { text: at('long.txt'), tokens: 7 });
  expect([byteTokenizer.decode(own.tokens), own.origin]).toEqual(['The fox', at('long.txt')]);
  const bundled = await chooseText(null, bytes, {});
  expect(bundled.tokens.length).toBe(1024);
  expect(bundled.origin).toContain('State of the Union');
});

describe('a mistake is one sentence', () => {
  const fails = async (
    path: string,
    message: RegExp,
    options: Partial<InspectCommandOptions> = {},
  ) => {
    await expect(run(path, options)).rejects.toThrow(message);
  };
  const text = () => ({ text: at('long.txt') });

  test('in the folder', async () => {
    await fails(at('nowhere'), /there is no folder .*nowhere\.$/);
    await fails(at('long.txt'), /long\.txt is a file; name the folder/);
    await fails(scratch, /is neither a run with a checkpoint nor a folder with config\.json/);
    await fails(at('run', 'checkpoints'), /is neither a run/);
  });

  test('in the model', async () => {
    await fails(at('gateless'), /holds a model without forget gates/, text());
    await fails(
      at('tokens'),
      /expected a model with at least 256 tokens, those of bytes \(there is no tokenizer\.json\), got one with 64/,
      text(),
    );
    await mkdir(at('damaged'));
    await writeFile(at('damaged', 'config.json'), '{}');
    await fails(at('damaged'), /model\.safetensors: expected a file/, text());
  });

  test('in the text', async () => {
    await fails(at('model'), /cannot read .*missing\.txt: there is no such file/, {
      text: at('missing.txt'),
    });
    await fails(at('model'), /at least 64 tokens, got 10 in .*short\.txt/, {
      text: at('short.txt'),
    });
    await fails(at('model'), /--tokens: expected at most 1160/, { ...text(), tokens: 5000 });
    await fails(at('model'), /--tokens: expected at least 64, got 7/, { ...text(), tokens: 7 });
  });

  test('in the other options', async () => {
    await fails(at('model'), /--layers: expected layers from 0 to 1, got 7/, {
      ...text(),
      layers: [7],
    });
    await mkdir(at('taken', 'inspect.html'), { recursive: true });
    await writeModel(at('taken'), 'pro-nano');
    await fails(at('taken'), /It is a folder; give a file\. Name another file with --out/, text());
  });
});
