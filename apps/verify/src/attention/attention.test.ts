// Attention cases from the carried files: reading them, and checks that break on what is wrong.

import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { holds } from '../compare/check.ts';
import { FIXTURES } from '../options.ts';
import { Vectors } from '../reference/vectors.ts';
import { changeVectors, copyFixture, inTemporaryFolder } from '../testing/temporary-folder.ts';
import { type AttentionCase, type OfficialPruning, readAttentionCase } from './attention-case.ts';
import {
  compareDroppedMass,
  compareEmptyRows,
  compareOfficial,
  compareResults,
  compareSilentGates,
  compareStartIndex,
  compareThreshold,
  compareTolerance,
} from './compare-attention.ts';
import { keptShare } from './kept-share.ts';
import { droppedMass, twinDropping } from './twin.ts';
import { emptyRows, firstVisibleKey, inactiveGates } from './visible-keys.ts';

const OFFICIAL = { hasOfficial: true };

const read = async (name: string) =>
  readAttentionCase(
    await Vectors.read(join(FIXTURES, 'attention', `${name}.safetensors`)),
    OFFICIAL,
  );
const readExtended = async (name: string) =>
  readAttentionCase(
    await Vectors.read(join(FIXTURES, 'attention-extended', `${name}.safetensors`)),
    { hasOfficial: false },
  );

/** Reads a fixture after `change`; returns the error's message, or null. */
const problemAfter = (
  name: string,
  change: Parameters<typeof changeVectors>[1],
  { kind, ...expectations } = { kind: 'attention', ...OFFICIAL },
) =>
  inTemporaryFolder(async (folder) => {
    const path = await copyFixture(folder, `${kind}/${name}.safetensors`);
    await changeVectors(path, change);
    return Vectors.read(path)
      .then((vectors) => readAttentionCase(vectors, expectations))
      .then(
        () => null,
        (error: Error) => `${error.name}: ${error.message}`,
      );
  });

describe('reading', () => {
  test('sizes, scale and layout', async () => {
    const { dims, smScale, k, exact, limits, pruning } = await read('cross_d16');
    expect(dims).toEqual({
      ...{ batch: 1, queryLen: 50, keyLen: 300, numHeads: 2, numKvHeads: 2, headDim: 16 },
    });
    expect(smScale).toBe(0.25);
    expect([k.length, exact.dLogFgate.length]).toEqual([300 * 2 * 16, 300 * 2]);
    expect(limits).toEqual({ seqStart: null, cuSeqlens: null, windowSize: null });
    expect(pruning).toBeNull();
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

  test('grouped queries, documents and windows', async () => {
    const { dims, limits, k, exact, officialOut } = await readExtended('packed_window_mqa_d32');
    expect(dims).toMatchObject({ queryLen: 136, keyLen: 136, numHeads: 2, numKvHeads: 1 });
    expect(limits).toEqual({ seqStart: null, cuSeqlens: Int32Array.of(0, 1, 136), windowSize: 33 });
    expect([k.length, exact.dk.length]).toEqual([136 * 32, 136 * 32]);
    expect(exact.dLogFgate).toHaveLength(136 * 2);
    expect(officialOut).toBeNull();
  });

  const EXTENDED = { kind: 'attention-extended', hasOfficial: false };

  test.each([
    ['offsets that fall', [0, 90, 80, 136], 'cu_seqlens to rise from 0 to at most 136'],
    ['offsets behind the end', [0, 137], 'cu_seqlens to rise from 0 to at most 136, got 0 137'],
  ])('%s are refused', async (_, offsets, problem) => {
    const ids = { shape: [offsets.length], data: Int32Array.from(offsets) };
    const change = (tensors: Map<string, unknown>) => void tensors.set('cu_seqlens', ids);
    expect(await problemAfter('packed_window_mqa_d32', change, EXTENDED)).toMatch(problem);
  });

  test.each(['0', '3.5'])('a window of %s is refused', async (window) => {
    const change = (_: unknown, metadata: Record<string, string>) => {
      metadata.window = window;
    };
    expect(await problemAfter('packed_window_mqa_d32', change, EXTENDED)).toMatch(
      'CaseError: expected window in the header to be a number of tokens',
    );
  });

  test('heads that do not divide, and gradients of other heads, are refused', async () => {
    const heads = (count: number) => ({
      shape: [1, count, 300, 16],
      data: new Float32Array(count * 300 * 16),
    });
    const set = (names: string[], count: number) => (tensors: Map<string, unknown>) => {
      for (const name of names) tensors.set(name, heads(count));
    };
    expect(await problemAfter('cross_d16', set(['k', 'v', 'dk', 'dv'], 3))).toMatch(
      'whole number of query heads on each key head, got 2 on 3',
    );
    expect(await problemAfter('cross_d16', set(['k'], 1))).toMatch('expected v [B=1, Hkv=1');
  });

  test('what this version does not know is skipped by name', async () => {
    const extra = { shape: [2], data: Int32Array.of(0, 300) };
    expect(await problemAfter('cross_d16', (tensors) => void tensors.set('sinks', extra))).toMatch(
      'SkippedCase: this version does not know sinks',
    );
  });
});

describe('which keys a row may see', () => {
  const limited = (limits: Partial<AttentionCase['limits']>, queryLen = 8) => ({
    dims: { batch: 2, queryLen, keyLen: 8, numHeads: 1, numKvHeads: 1, headDim: 16 },
    limits: { seqStart: null, cuSeqlens: null, windowSize: null, ...limits },
  });
  const firsts = (theCase: ReturnType<typeof limited>) =>
    Array.from({ length: 8 }, (_, t) => firstVisibleKey(theCase, 1, t));

  test('padding, documents and windows combine', () => {
    const [seqStart, cuSeqlens] = [Int32Array.of(0, 2), Int32Array.of(1, 2, 2, 7)];
    expect(firsts(limited({}))).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(firsts(limited({ seqStart }))).toEqual([1, 2, 2, 2, 2, 2, 2, 2]);
    expect(firsts(limited({ windowSize: 3 }))).toEqual([0, 0, 0, 1, 2, 3, 4, 5]);
    expect(firsts(limited({ cuSeqlens }))).toEqual([1, 1, 2, 2, 2, 2, 2, 8]);
    expect(firsts(limited({ cuSeqlens, windowSize: 3 }))).toEqual([1, 1, 2, 2, 2, 3, 4, 8]);
  });

  test('rows that see nothing, and gates that act on nothing', () => {
    const padded = limited({ seqStart: Int32Array.of(0, 2) });
    expect(emptyRows(padded)).toEqual([8, 9]);
    expect(inactiveGates(padded)).toEqual([0, 8, 9, 10]);
    expect(emptyRows(limited({ seqStart: Int32Array.of(0, 7) }, 3))).toEqual([3, 4]);
    const packed = limited({ cuSeqlens: Int32Array.of(0, 3, 8) });
    expect(emptyRows(packed)).toEqual([]);
    expect(inactiveGates(packed)).toEqual([0, 3, 8, 11]);
  });
});

describe('comparing', () => {
  let pruned: AttentionCase;
  let pruning: OfficialPruning;
  let officialOut: Float32Array;
  beforeAll(async () => {
    pruned = await read('pruned_cross_d32_one_head');
    pruning = pruned.pruning as OfficialPruning;
    officialOut = pruned.officialOut as Float32Array;
  });

  const tolerance = (out: Float32Array) =>
    compareTolerance('acp out', pruned, { out, logPruningTolerance: -10 });

  const broken = (values: Float32Array, change: number) =>
    values.with(values.length >> 1, (values[values.length >> 1] as number) + change);

  test('the exact results hold against themselves', () => {
    expect(compareResults(pruned.exact, pruned.exact).every(holds)).toBe(true);
    expect(holds(compareOfficial(officialOut, pruned.exact.out))).toBe(true);
    expect(holds(tolerance(pruned.exact.out))).toBe(true);
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
    const { bound } = tolerance(pruned.exact.out);
    const moved = (distance: number) => tolerance(broken(pruned.exact.out, distance));
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
    const error = (out: Float32Array) => compareOfficial(officialOut, out).error;
    expect(error(twin.out)).toBeLessThan(1e-3);
    expect(error(twin.out)).toBeLessThanOrEqual(error(pruned.exact.out));
  });

  test('a share of weight above ε breaks', () => {
    const check = (mass: number) =>
      compareDroppedMass('dropped mass', { mass, logPruningTolerance: -10 });
    expect(holds(check(4.5e-5))).toBe(true);
    expect(holds(check(4.6e-5))).toBe(false);
    expect(holds(check(Number.NaN))).toBe(false);
  });

  test('what is kept is counted in blocks', () => {
    const { startIndex, blockM, blockN } = pruning;
    const found = { startIndex, blocks: { blockM, blockN } };
    // Query blocks end at keys 447 and 511: 7 and 8 key blocks, of which 256 / 64 and 384 / 64 go.
    expect(keptShare(pruned, found)).toBe('5 of 15 (128 × 64)');
  });
});

describe('comparing packed documents', () => {
  let packed: AttentionCase;
  beforeAll(async () => {
    packed = await readExtended('packed_window_mqa_d32');
  });

  const firstKeys = (first: (t: number) => number) =>
    Int32Array.from({ length: 2 * 136 }, (_, row) => first(row % 136));

  test('the twin of windows, documents and groups gives the exact results', () => {
    const twin = twinDropping(packed, { firstKeys: firstKeys(() => 0) });
    for (const check of compareResults(packed.exact, twin)) expect(check.error).toBeLessThan(1e-7);
  });

  test('the gate of a document that starts must have gradient 0', () => {
    // In float64 autograd they come out as 1e-15.
    const exact = packed.exact.dLogFgate.map((value, index) => (index < 4 ? 0 : value));
    expect(compareSilentGates(packed, { ...packed.exact, dLogFgate: exact })).toMatchObject([
      { error: 0, bound: 0 },
    ]);
    for (const value of [1e-20, Number.NaN]) {
      // Token 1, second head: the second document starts there.
      const dLogFgate = exact.with(3, value);
      const [check] = compareSilentGates(packed, { ...packed.exact, dLogFgate });
      expect(check && holds(check)).toBe(false);
    }
  });

  test('dropped weight is measured within the window', () => {
    expect(
      droppedMass(
        packed,
        firstKeys((t) => t - 32),
      ),
    ).toBe(0);
    expect(
      droppedMass(
        packed,
        firstKeys((t) => t - 31),
      ),
    ).toBeGreaterThan(0);
    expect(
      droppedMass(
        packed,
        firstKeys((t) => t + 1),
      ),
    ).toBeCloseTo(1, 12);
  });

  test('blocks that nobody sees count as neither', () => {
    const blocks = { blockM: 64, blockN: 32 };
    const all = { startIndex: new Int32Array(6), blocks };
    // Rows 0 … 63 see key blocks 0 and 1; rows 64 … 127 from key 32 on blocks 1 … 3; rows 128 … 135 from key 96 on blocks 3 and 4.
    expect(keptShare(packed, all)).toBe('14 of 14 (64 × 32)');
    const some = { startIndex: Int32Array.of(32, 64, 136, 0, 0, 0), blocks };
    expect(keptShare(packed, some)).toBe('10 of 14 (64 × 32)');
  });
});
