// Attention cases from the carried files: reading them, and checks that break on what is wrong.

import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { holds } from '../compare/check.ts';
import { FIXTURES } from '../options.ts';
import { Vectors } from '../reference/vectors.ts';
import { changeVectors, copyFixture, inTemporaryFolder } from '../testing/temporary-folder.ts';
import { type AttentionCase, type OfficialPruning, readAttentionCase } from './attention-case.ts';
import {
  compareEmptyRows,
  compareOfficial,
  compareResults,
  compareStartIndex,
  compareThreshold,
  compareTolerance,
} from './compare-attention.ts';
import { prunedShare } from './pruned-share.ts';
import { twinDropping } from './twin.ts';

const read = async (name: string) =>
  readAttentionCase(await Vectors.read(join(FIXTURES, 'attention', `${name}.safetensors`)));

/** Reads a fixture after `change`; returns the error's message, or null. */
const problemAfter = (name: string, change: Parameters<typeof changeVectors>[1]) =>
  inTemporaryFolder(async (folder) => {
    const path = await copyFixture(folder, `attention/${name}.safetensors`);
    await changeVectors(path, change);
    return Vectors.read(path)
      .then(readAttentionCase)
      .then(
        () => null,
        (error: Error) => `${error.name}: ${error.message}`,
      );
  });

describe('reading', () => {
  test('sizes, scale and layout', async () => {
    const { dims, smScale, k, exact, seqStart, pruning } = await read('cross_d16');
    expect(dims).toEqual({ batch: 1, queryLen: 50, keyLen: 300, numHeads: 2, headDim: 16 });
    expect(smScale).toBe(0.25);
    expect([k.length, exact.dLogFgate.length]).toEqual([300 * 2 * 16, 300 * 2]);
    expect([seqStart, pruning]).toEqual([null, null]);
  });

  test('heads come after tokens', async () => {
    const path = join(FIXTURES, 'attention/cross_d16.safetensors');
    const vectors = await Vectors.read(path);
    const headsFirst = vectors.floats('k', ['B', 'H', 'N', 'D']);
    const { k } = await read('cross_d16');
    // Head 1, token 7, all 16 features.
    expect(k.subarray((7 * 2 + 1) * 16, (7 * 2 + 2) * 16)).toEqual(
      headsFirst.subarray((300 + 7) * 16, (300 + 8) * 16),
    );
  });

  test.each(['q', 'dout', 'log_fgate', 'out', 'dq', 'dlog_fgate', 'official_out', 'official_lse'])(
    'a case without %s is refused',
    async (name) => {
      const problem = await problemAfter('cross_d16', (tensors) => void tensors.delete(name));
      expect(problem).toMatch(`CaseError: cross_d16.safetensors: expected a tensor ${name},`);
    },
  );

  test.each(['threshold', 'official_start_index'])(
    'a pruned case without %s is refused',
    async (name) => {
      const remove = (tensors: Map<string, unknown>) => void tensors.delete(name);
      expect(await problemAfter('pruned_cross_d32_one_head', remove)).toMatch(name);
    },
  );

  test('a header without its numbers is refused', async () => {
    const problem = await problemAfter('pruned_cross_d32_one_head', (_, metadata) => {
      delete metadata.block_q;
    });
    expect(problem).toMatch('expected the number block_q in the header');
  });

  test('grouped queries, documents and windows are skipped by name', async () => {
    const ids = { shape: [2], data: Int32Array.of(0, 300) };
    expect(
      await problemAfter('cross_d16', (tensors) => void tensors.set('cu_seqlens', ids)),
    ).toMatch('SkippedCase: this version does not know cu_seqlens');
    expect(
      await problemAfter('cross_d16', (_, metadata) => {
        metadata.window = '48';
      }),
    ).toMatch('SkippedCase: this version does not know window');
    const oneHead = { shape: [1, 1, 300, 16], data: new Float32Array(300 * 16) };
    expect(await problemAfter('cross_d16', (tensors) => void tensors.set('k', oneHead))).toMatch(
      'SkippedCase: this version has no grouped queries (2 query heads on 1)',
    );
  });
});

describe('comparing', () => {
  let pruned: AttentionCase;
  let pruning: OfficialPruning;
  beforeAll(async () => {
    pruned = await read('pruned_cross_d32_one_head');
    pruning = pruned.pruning as OfficialPruning;
  });

  const broken = (values: Float32Array, change: number) =>
    values.with(values.length >> 1, (values[values.length >> 1] as number) + change);

  test('the exact results hold against themselves', () => {
    expect(compareResults(pruned.exact, pruned.exact).every(holds)).toBe(true);
    expect(holds(compareOfficial(pruned.official.out, pruned.exact.out))).toBe(true);
    expect(holds(compareTolerance(pruned, pruned.exact.out, -10))).toBe(true);
  });

  test.each([
    ['out', 'out'],
    ['dq', 'dq'],
    ['dk', 'dk'],
    ['dv', 'dv'],
    ['dlog_fgate', 'dLogFgate'],
  ] as const)('one wrong value in %s breaks that check alone', (name, key) => {
    for (const change of [0.1, Number.NaN]) {
      const actual = { ...pruned.exact, [key]: broken(pruned.exact[key], change) };
      const failed = compareResults(pruned.exact, actual, 'pruned ').filter((c) => !holds(c));
      expect(failed.map((check) => check.name)).toEqual([`pruned ${name}`]);
    }
  });

  test('a start index one block off breaks', () => {
    const { startIndex } = pruning;
    expect(holds(compareStartIndex(pruning, startIndex))).toBe(true);
    expect(holds(compareStartIndex(pruning, startIndex.with(1, 320)))).toBe(false);
    expect(holds(compareStartIndex(pruning, []))).toBe(false);
  });

  test('a threshold 1e-4 off breaks where the name says how it was made', () => {
    const off = (factor: number) => pruning.threshold.map((value) => value * factor);
    const verdict = (actual: Float32Array, isNamedAuto: boolean) => {
      const check = compareThreshold(pruning, actual, isNamedAuto);
      return check && holds(check);
    };
    expect(verdict(off(1), true)).toBe(true);
    expect(verdict(off(1.0001), true)).toBe(false);
    expect(verdict(off(1.0001), false)).toBe(true);
    expect(verdict(off(1.01), false)).toBeNull();
    expect(verdict(off(Number.NaN), true)).toBe(false);
  });

  test('moving one row by more than 2ε max‖v‖ breaks', () => {
    const bound = compareTolerance(pruned, pruned.exact.out, -10).bound;
    const moved = (distance: number) =>
      compareTolerance(pruned, broken(pruned.exact.out, distance), -10);
    expect(holds(moved(0.9 * bound))).toBe(true);
    expect(holds(moved(1.1 * bound))).toBe(false);
  });

  test('rows with nothing to attend to must be exactly 0', async () => {
    const padded = await read('padded_d64_one_head');
    const [check] = compareEmptyRows(padded, padded.exact);
    expect(check).toMatchObject({ error: 0, bound: 0 });
    expect(check?.measure).toContain('in 37 rows');
    for (const value of [1e-20, Number.NaN]) {
      const out = padded.exact.out.with(36 * 64 + 63, value);
      expect(compareEmptyRows(padded, { ...padded.exact, out }).every(holds)).toBe(false);
      const dq = padded.exact.dq.with(0, value);
      expect(compareEmptyRows(padded, { ...padded.exact, dq }).every(holds)).toBe(false);
    }
    expect(compareEmptyRows(pruned, pruned.exact)).toEqual([]);
  });

  test('the twin that drops nothing gives the exact results', () => {
    const nothing = { ...pruning, startIndex: pruning.startIndex.map(() => 0) };
    const twin = twinDropping(pruned, nothing);
    for (const check of compareResults(pruned.exact, twin)) expect(check.error).toBeLessThan(1e-7);
  });

  test('the twin that drops the official blocks is nearer to the official kernel', () => {
    const twin = twinDropping(pruned, pruning);
    const error = (out: Float32Array) => compareOfficial(pruned.official.out, out).error;
    expect(error(twin.out)).toBeLessThan(1e-3);
    expect(error(twin.out)).toBeLessThanOrEqual(error(pruned.exact.out));
  });

  test('the share dropped is counted in blocks', () => {
    const { startIndex, blockM, blockN } = pruning;
    const found = { startIndex, blocks: { blockM, blockN } };
    // Query blocks end at keys 447 and 511: 7 and 8 key blocks, of which 256 / 64 and 384 / 64 go.
    expect(prunedShare(pruned.dims, found)).toBe('10 of 15 (128 × 64)');
  });
});
