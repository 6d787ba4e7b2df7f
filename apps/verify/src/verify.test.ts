// Verify as a whole, on a device: good vectors pass, anything wrong with them or in them is red.

import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import {
  changeVectors,
  copyFixture,
  corrupted,
  inTemporaryFolder,
} from './testing/temporary-folder.ts';
import { verify } from './verify.ts';

const CROSS = 'attention/cross_d16.safetensors';

async function run(...argv: string[]): Promise<{ code: number; text: string; last: string }> {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const code = await verify(parseOptions(argv), { write });
  return { code, text, last: text.trimEnd().split('\n').at(-1) ?? '' };
}

/** Verifies a copy of one fixture after `change`. */
const runChanged = (fixture: string, change: (path: string) => Promise<void>, ...argv: string[]) =>
  inTemporaryFolder(async (folder) => {
    await change(await copyFixture(folder, fixture));
    return run(folder, ...argv);
  });

gpuSuite('verify', () => {
  test.each(['gpu', 'software'])('carried attention cases pass with %s kernels', async (family) => {
    const { code, text, last } = await run('--only', 'attention', '--kernels', family);
    expect(text).toContain(`Kernels: ${family}`);
    expect(text).not.toContain('FAIL');
    expect(last).toBe('3 passed, 0 failed, 0 skipped');
    expect(code).toBe(0);
  });

  test.each(['out', 'dq', 'dk', 'dv', 'dlog_fgate'])('a wrong value in %s fails', async (name) => {
    const { code, text, last } = await runChanged(CROSS, (path) =>
      changeVectors(path, (tensors) => {
        tensors.set(
          name,
          corrupted(tensors, name, (value) => value + 0.5),
        );
      }),
    );
    expect(text).toMatch(new RegExp(`FAIL attention/cross_d16 .*${name} \\S+ > `));
    expect([code, last]).toEqual([1, '0 passed, 1 failed, 0 skipped']);
  });

  test('a wrong start index fails', async () => {
    const { code, text } = await runChanged(
      'attention/pruned_cross_d32_one_head.safetensors',
      (path) =>
        changeVectors(path, (tensors) => {
          const name = 'official_start_index';
          tensors.set(
            name,
            corrupted(tensors, name, (value) => value - 64),
          );
        }),
    );
    expect(text).toContain('start index 1 > 0');
    expect(code).toBe(1);
  });

  test('a missing tensor fails, and the other cases are still checked', async () => {
    const { code, text, last } = await inTemporaryFolder(async (folder) => {
      await copyFixture(folder, 'attention');
      await changeVectors(join(folder, CROSS), (tensors) => void tensors.delete('dk'));
      return run(folder);
    });
    expect(text).toContain('expected a tensor dk, which is missing');
    expect([code, last]).toEqual([1, '2 passed, 1 failed, 0 skipped']);
  });

  test('a truncated file fails', async () => {
    const { code, text } = await runChanged(CROSS, (path) => truncate(path, 5000));
    expect(text).toContain('FAIL attention/cross_d16');
    expect(code).toBe(1);
  });

  test.each(['trajectory.safetensors', 'model.safetensors', 'config.json'])(
    'a training case without %s fails',
    async (name) => {
      const { code, text } = await runChanged('training/fox_pro', (path) => rm(join(path, name)));
      expect(text).toMatch(new RegExp(`FAIL training/fox_pro .*${name}`));
      expect(code).toBe(1);
    },
  );

  test('kinds that it cannot check are counted as skipped, not as passed', () =>
    inTemporaryFolder(async (folder) => {
      await copyFixture(folder, CROSS);
      await mkdir(join(folder, 'attention-extended'));
      await writeFile(join(folder, 'attention-extended/gqa.safetensors'), '');
      const { code, text, last } = await run(folder);
      expect(text).toContain('skip attention-extended/gqa: this version cannot check');
      expect([code, last]).toEqual([0, '1 passed, 0 failed, 1 skipped']);
    }));

  test('where everything was skipped nothing is verified', () =>
    inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'attention-extended'));
      expect(await run(folder)).toMatchObject({
        code: 1,
        last: 'verify: no case could be checked, so nothing is verified.',
      });
    }));
});

describe('verify without a case', () => {
  test('an empty folder', () =>
    inTemporaryFolder(async (folder) => {
      const { code, text } = await run(folder);
      expect(text).toContain('no case found');
      expect(code).toBe(1);
    }));

  test('a folder that is not there', async () => {
    const { code, text } = await run(join('nowhere', 'at-all'));
    expect(text).toContain('there is no such folder');
    expect(code).toBe(1);
  });

  test('a name that no case has', async () => {
    const { code, text } = await run('--only', 'no-such-case');
    expect(text).toContain("with 'no-such-case' in its name");
    expect(code).toBe(1);
  });
});
