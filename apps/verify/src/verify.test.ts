// Verify as a whole, on a device: good vectors pass, whatever is wrong with them fails.

import { cp, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import {
  changeVectors,
  copyFixture,
  corrupted,
  inTemporaryFolder,
} from './testing/change-fixtures.ts';
import { verify } from './verify.ts';

// One fixture for all, so that its kernels compile once.
const PRUNED = 'attention/pruned_cross_d32_one_head.safetensors';
const TRAINING = 'training/fox_pro';
const TRAINING_FILES = ['trajectory.safetensors', 'model.safetensors', 'config.json'];
const withoutFile = (name: string) => `training/without_${name.split('.')[0]}`;
const GRADIENTS = ['dq', 'dk', 'dv', 'dlog_fgate'];

interface Run {
  readonly code: number;
  readonly text: string;
  readonly last: string;
}

async function run(...argv: string[]): Promise<Run> {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const code = await verify(parseOptions(argv), { write });
  return { code, text, last: text.trimEnd().split('\n').at(-1) ?? '' };
}

/** The line of a case. */
const findLine = ({ text }: Run, id: string): string =>
  text.split('\n').find((line) => line.includes(` ${id}`)) ?? '';

/** Good and bad cases side by side in one folder. */
async function fillFolder(folder: string): Promise<void> {
  const copy = async (fixture: string, name: string) => {
    const path = join(folder, name);
    await cp(await copyFixture(folder, fixture), path, { recursive: true });
    return path;
  };
  const wrongIndex = await copy(PRUNED, 'attention/wrong_index.safetensors');
  await changeVectors(wrongIndex, (tensors) => {
    const name = 'official_start_index';
    const lower = corrupted(tensors, name, (value) => value - 64);
    tensors.set(name, lower);
  });
  const wrongValues = await copy(PRUNED, 'attention/wrong_values.safetensors');
  await changeVectors(wrongValues, (tensors) => {
    for (const name of GRADIENTS) {
      const off = corrupted(tensors, name, (value) => value + 0.5);
      tensors.set(name, off);
    }
  });
  const missing = await copy(PRUNED, 'attention/missing_dk.safetensors');
  await changeVectors(missing, (tensors) => void tensors.delete('dk'));
  await truncate(await copy(PRUNED, 'attention/truncated.safetensors'), 5000);
  for (const name of TRAINING_FILES) {
    await rm(join(await copy(TRAINING, withoutFile(name)), name));
  }
  await rm(join(folder, TRAINING), { recursive: true });
}

gpuSuite('verify', () => {
  let mixed: Run;
  beforeAll(async () => {
    mixed = await inTemporaryFolder(async (folder) => {
      await fillFolder(folder);
      return run(folder);
    });
  });

  test('a good case passes, beside bad ones', () => {
    expect(findLine(mixed, 'attention/pruned_cross_d32_one_head')).toContain('pass');
  });

  test('wrong values fail the checks of their quantities, and no others', () => {
    const line = findLine(mixed, 'attention/wrong_values');
    expect(line).toContain('FAIL');
    for (const name of GRADIENTS) expect(line).toMatch(new RegExp(`: .*, ${name} \\S+ > 1e-4`));
    expect(line.match(/ > /g)).toHaveLength(GRADIENTS.length);
  });

  test('a wrong start index fails', () => {
    expect(findLine(mixed, 'attention/wrong_index')).toMatch(/FAIL.* start index 1 > 0/);
  });

  test('a missing tensor and a truncated file fail', () => {
    expect(findLine(mixed, 'attention/missing_dk')).toMatch(/FAIL.*tensor dk, which is missing/);
    expect(findLine(mixed, 'attention/truncated')).toMatch(/FAIL.*truncated/);
  });

  test.each(TRAINING_FILES)('a training case without %s fails', (name) => {
    const line = findLine(mixed, withoutFile(name));
    expect(line).toContain('FAIL');
    expect(line.split('):')[1]).toContain(name);
  });

  test('the last line counts, and the exit code is 1', () => {
    expect(mixed).toMatchObject({ code: 1, last: '1 passed, 7 failed' });
  });

  test('tiled kernels pass, too, and the exit code is 0', async () => {
    const { code, text, last } = await run(
      ...['--only', 'cross_d16', '--variant', 'tiled', '--pruning', 'none'],
    );
    expect(text).toContain('Kernel variants: tiled');
    expect([code, last]).toEqual([0, '1 passed, 0 failed']);
  });

  test('documents, windows and grouped queries, by the certified rule', async () => {
    const { code, text, last } = await run('--only', 'packed_window', '--pruning', 'certified');
    expect(text).toContain('Pruning: certified');
    const line = findLine({ code, text, last }, 'attention-extended/packed_window_mqa_d32');
    expect(line).toMatch(/: certified moved .*, dropped mass \S+ ≤ 4\.5e-5, certified out /);
    expect(line).toMatch(/ aggressive dlog_fgate .*blocks kept: certified \d+ of \d+ /);
    expect(Number(/aggressive drops up to (\S+) %/.exec(line)?.[1])).toBeGreaterThan(1);
    expect([code, last]).toEqual([0, '1 passed, 0 failed']);
  });
});

describe('verify without a case', () => {
  test('an empty folder', () =>
    inTemporaryFolder((folder) => expect(run(folder)).rejects.toThrow('no case found')));

  test('a missing folder', () =>
    expect(run(join('nowhere', 'at-all'))).rejects.toThrow('there is no such file or folder'));

  test('a name that no case has', () =>
    expect(run('--only', 'no-such-case')).rejects.toThrow("with 'no-such-case' in its name"));
});
