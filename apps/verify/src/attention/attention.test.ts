// Attention cases from the carried files: reading them, and checks that break on what is wrong.

import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { holds } from '../check.ts';
import { FIXTURES } from '../options.ts';
import { changeVectors, copyFixture, inTemporaryFolder } from '../testing/change-fixtures.ts';
import { Vectors } from '../vectors.ts';
import { type AttentionCase, type OfficialPruning, readAttentionCase } from './case.ts';
import {
  compareDroppedMass,
  compareOfficial,
  compareResults,
  compareStartIndex,
  compareThreshold,
  compareTolerance,
  computeDroppedMass,
  computeReference,
} from './compare.ts';

const readFixture = async (path: string) =>
  readAttentionCase(await Vectors.read(join(FIXTURES, `${path}.safetensors`)), {
    hasOfficial: path.startsWith('attention/'),
  });

/** Reads a fixture after `change`; returns the error's message, or null. */
const readChanged = (name: string, change: Parameters<typeof changeVectors>[1]) =>
  inTemporaryFolder(async (folder) => {
    const path = await copyFixture(folder, `attention/${name}.safetensors`);
    await changeVectors(path, change);
    return Vectors.read(path)
      .then((vectors) => readAttentionCase(vectors, { hasOfficial: true }))
      .then(
        () => null,
        (error: Error) => `${error.name}: ${error.message}`,
      );
  });

const isBroken = (checks: readonly Parameters<typeof holds>[0][]) =>
  checks.filter((check) => !holds(check)).map(({ name }) => name);

describe('reading', () => {
  test('sizes, scale and layout', async () => {
    const { dims, inputs, exact, limits, pruning } = await readFixture('attention/cross_d16');
    expect(dims).toEqual({
      ...{ batch: 1, queryLen: 50, keyLen: 300, numHeads: 2, numKvHeads: 2, headDim: 16 },
    });
    expect(inputs.smScale).toBe(0.25);
    expect([inputs.k.length, exact.dLogFgate.length]).toEqual([300 * 2 * 16, 300 * 2]);
    expect([limits, pruning]).toEqual([{}, null]);
  });

  test('heads come after tokens', async () => {
    const vectors = await Vectors.read(join(FIXTURES, 'attention/cross_d16.safetensors'));
    const headsFirst = vectors.floats('k', ['B', 'H', 'N', 'D']);
    const { k } = (await readFixture('attention/cross_d16')).inputs;
    // Head 1, token 7, all 16 features.
    expect(k.subarray((7 * 2 + 1) * 16, (7 * 2 + 2) * 16)).toEqual(
      headsFirst.subarray((300 + 7) * 16, (300 + 8) * 16),
    );
  });

  test('grouped queries, documents and windows', async () => {
    const packed = await readFixture('attention-extended/packed_window_mqa_d32');
    const { dims, limits, exact, officialOut } = packed;
    expect(dims).toMatchObject({ queryLen: 136, keyLen: 136, numHeads: 2, numKvHeads: 1 });
    expect(limits).toEqual({ cuSeqlens: Int32Array.of(0, 1, 136), windowSize: 33 });
    expect([exact.dk.length, exact.dLogFgate.length]).toEqual([136 * 32, 136 * 2]);
    expect(officialOut).toBeNull();
  });

  test.each(['q', 'dout', 'log_fgate', 'dq', 'dlog_fgate', 'official_out', 'official_lse'])(
    'a case needs %s',
    async (name) => {
      const message = await readChanged('cross_d16', (tensors) => void tensors.delete(name));
      expect(message).toMatch(`CaseError: cross_d16.safetensors: expected a tensor ${name},`);
    },
  );

  test.each(['threshold', 'official_start_index', 'block_q'])('a pruned case needs %s', (name) =>
    expect(
      readChanged('pruned_cross_d32_one_head', (tensors, metadata) => {
        tensors.delete(name);
        delete metadata[name];
      }),
    ).resolves.toMatch(name),
  );

  test('gradients of another number of heads do not fit', async () => {
    const heads = { shape: [1, 1, 300, 16], data: new Float32Array(300 * 16) };
    const message = await readChanged('cross_d16', (tensors) => void tensors.set('k', heads));
    expect(message).toMatch('expected v [B=1, Hkv=1');
  });

  test('a case with an unknown tensor is not read', async () => {
    const extra = { shape: [2], data: Int32Array.of(0, 300) };
    const message = await readChanged('cross_d16', (tensors) => void tensors.set('sinks', extra));
    expect(message).toBe('CaseError: this version does not know sinks');
  });
});

describe('comparing', () => {
  let pruned: AttentionCase;
  let pruning: OfficialPruning;
  let officialOut: Float32Array;
  beforeAll(async () => {
    pruned = await readFixture('attention/pruned_cross_d32_one_head');
    pruning = pruned.pruning as OfficialPruning;
    officialOut = pruned.officialOut as Float32Array;
  });

  const compareMoved = (out: Float32Array) =>
    compareTolerance('acp out', pruned, out, { logPruningTolerance: -10 });
  const change = (values: Float32Array, by: number) =>
    values.with(values.length >> 1, values[values.length >> 1]! + by);

  test('the exact results hold against themselves', () => {
    const { exact } = pruned;
    const all = [...compareResults(exact, exact), compareOfficial(officialOut, exact.out)];
    expect(isBroken([...all, compareMoved(exact.out)])).toEqual([]);
  });

  test.each([
    ['out', 'out'],
    ['dq', 'dq'],
    ['dk', 'dk'],
    ['dv', 'dv'],
    ['dlog_fgate', 'dLogFgate'],
  ] as const)('one wrong value in %s breaks that check alone', (name, key) => {
    for (const by of [0.1, Number.NaN]) {
      const actual = { ...pruned.exact, [key]: change(pruned.exact[key], by) };
      expect(isBroken(compareResults(pruned.exact, actual, { prefix: 'pruned ' }))).toEqual([
        `pruned ${name}`,
      ]);
    }
  });

  test('a start index one block off breaks', () => {
    const { startIndex } = pruning;
    const indices = [startIndex, startIndex.with(1, 320), []];
    const held = indices.map((actual) => holds(compareStartIndex(pruning, actual)));
    expect(held).toEqual([true, false, false]);
  });

  test('a threshold 1e-4 off breaks', () => {
    const held = [1, 1.0001, Number.NaN].map((factor) =>
      holds(
        compareThreshold(
          pruning,
          pruning.threshold.map((value) => value * factor),
        ),
      ),
    );
    expect(held).toEqual([true, false, false]);
  });

  test('moving one row by more than 2ε max‖v‖ breaks', () => {
    const { bound } = compareMoved(pruned.exact.out);
    const held = [0.9, 1.1].map((f) => holds(compareMoved(change(pruned.exact.out, f * bound))));
    expect(held).toEqual([true, false]);
  });

  test('a share of weight above ε breaks', () => {
    const held = [4.5e-5, 4.6e-5, Number.NaN].map((mass) => holds(compareDroppedMass(mass, -10)));
    expect(held).toEqual([true, false, false]);
  });

  test('the reference that drops nothing gives the exact results', () => {
    const ranges = { ...pruning, startIndex: pruning.startIndex.map(() => 0) };
    const reference = computeReference(pruned, { ranges });
    for (const { error } of compareResults(pruned.exact, reference)) {
      expect(error).toBeLessThan(1e-7);
    }
  });

  test('the reference that drops the official blocks is nearer to the official kernel', () => {
    const { out } = computeReference(pruned, { ranges: pruning });
    const [error, exactError] = [out, pruned.exact.out].map(
      (values) => compareOfficial(officialOut, values).error,
    );
    expect(error).toBeLessThan(1e-3);
    expect(error).toBeLessThanOrEqual(exactError!);
  });
});

describe('comparing packed documents', () => {
  let packed: AttentionCase;
  beforeAll(async () => {
    packed = await readFixture('attention-extended/packed_window_mqa_d32');
  });

  const createFirstKeys = (first: (t: number) => number) =>
    Int32Array.from({ length: 2 * 136 }, (_, row) => first(row % 136));

  test('the reference of windows, documents and groups gives the exact results', () => {
    const reference = computeReference(packed, { firstKeys: createFirstKeys(() => 0) });
    for (const { error } of compareResults(packed.exact, reference)) {
      expect(error).toBeLessThan(1e-7);
    }
  });

  test('dropped weight is measured within the window', () => {
    const measure = (offset: number) =>
      computeDroppedMass(
        packed,
        createFirstKeys((t) => t + offset),
      );
    expect(measure(-32)).toBe(0);
    expect(measure(-31)).toBeGreaterThan(0);
    expect(measure(1)).toBeCloseTo(1, 12);
  });
});
