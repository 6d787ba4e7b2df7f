// Model cases: reading their files, and checks that break on what is wrong.

import {
  officialDefaults,
  type ParameterSpec,
  type WritableTensor,
  writeSafetensors,
} from '@vulpes/lm-models';
import { describe, expect, test } from 'vitest';
import { BOUNDS } from '../bounds.ts';
import { holds } from '../check.ts';
import { sumCounts } from '../read-all.ts';
import { createVariants } from '../rules.ts';
import { Vectors } from '../vectors.ts';
import { readModelCase } from './case.ts';
import { compareGreedy, compareModel } from './compare.ts';
import type { ModelResults } from './run.ts';

const spec = (name: string, shape: number[], trainable = true): ParameterSpec => ({
  name,
  shape,
  init: { kind: 'constant', value: 0 },
  weightDecay: false,
  trainable,
});
const SPECS = [spec('norm', [4]), spec('head', [5, 4]), spec('fgate_bias', [1], false)];

const ramp = (length: number, from: number) =>
  Float32Array.from({ length }, (_, i) => from + Math.sin(i));
const floats = (shape: number[], from: number): WritableTensor => ({
  shape,
  data: ramp(
    shape.reduce((a, b) => a * b, 1),
    from,
  ),
});
const ints = (shape: number[], ...data: number[]): WritableTensor => ({
  shape,
  data: Int32Array.from(data),
});

/** B=2, T=3, V=5; the second row starts at token 1. */
const tensors = (): Record<string, WritableTensor> => ({
  input_ids: ints([2, 3], 0, 1, 2, 3, 4, 0),
  labels: ints([2, 3], 1, 2, -100, 4, 0, 1),
  attention_mask: ints([2, 3], 1, 1, 1, 0, 1, 1),
  logits: floats([2, 3, 5], 1),
  logits_left_padded: floats([2, 3, 5], 2),
  loss_per_token: floats([2, 3], 5),
  'grad.norm': floats([4], 3),
  'grad.head': floats([5, 4], 4),
  greedy_2_from_1: ints([1, 3], 0, 4, 2),
});

const read = (changed: Record<string, WritableTensor | undefined> = {}) => {
  const all = Object.entries({ ...tensors(), ...changed }).filter(([, tensor]) => tensor);
  const file = Object.fromEntries(all) as Record<string, WritableTensor>;
  return readModelCase(new Vectors(writeSafetensors(file), 'golden.safetensors'), SPECS);
};

const theCase = read();

/** What a perfect model gives. */
const results = (changed: Partial<ModelResults> = {}): ModelResults => {
  const losses = [...theCase.lossPerToken].filter((_, t) => (theCase.labels[t] as number) >= 0);
  return {
    logits: theCase.logits,
    paddedLogits: theCase.paddedLogits,
    lossPerToken: theCase.lossPerToken,
    loss: Float32Array.of(losses.reduce((a, b) => a + b, 0) / losses.length),
    gradients: Object.fromEntries(theCase.gradients),
    pruningCounts: [],
    ...changed,
  };
};

const ACP = { prefix: 'acp ', allowance: 0, bounds: BOUNDS.f32 };

const broken = (changed: Partial<ModelResults>): string[] =>
  compareModel(theCase, results(changed), ACP)
    .filter((check) => !holds(check))
    .map((check) => check.name);

describe('reading', () => {
  test('sizes, padding and greedy text', () => {
    expect(theCase).toMatchObject({ batch: 2, seqLen: 3, vocabSize: 5 });
    expect(theCase.seqStart).toEqual(Int32Array.of(0, 1));
    expect(theCase.greedy).toEqual({ tokens: Int32Array.of(0, 4, 2), promptLength: 1 });
    expect([...theCase.gradients.keys()]).toEqual(['norm', 'head']);
  });

  test.each(Object.keys(tensors()))('a case needs %s', (name) => {
    const wanted = name.startsWith('greedy') ? 'greedy_' : name;
    expect(() => read({ [name]: undefined })).toThrow(`expected a tensor ${wanted}`);
  });

  test('a gradient without a parameter does not fit', () => {
    expect(() => read({ 'grad.other': floats([1], 0) })).toThrow('got grad.other');
  });

  test('a gradient of another shape does not fit', () => {
    expect(() => read({ 'grad.head': floats([4, 5], 0) })).toThrow('expected grad.head [5, 4]');
  });
});

describe('comparing', () => {
  test('a perfect model holds', () => expect(broken({})).toEqual([]));

  const off = (values: Float32Array, index: number, value = 100) => values.with(index, value);

  test.each([
    ['logits', { logits: off(theCase.logits, 3) }],
    ['logits', { logits: off(theCase.logits, 3, Number.NaN) }],
    ['token losses', { lossPerToken: off(theCase.lossPerToken, 0) }],
    ['loss', { loss: Float32Array.of(1) }],
    ['padded logits', { paddedLogits: off(theCase.paddedLogits, 20) }],
    ['gradients', { gradients: { norm: theCase.gradients.get('norm')! } }],
  ])('wrong %s break that check alone', (name, changed) => {
    expect(broken(changed)).toEqual([`acp ${name}`]);
  });

  test('logits of padding do not count', () => {
    expect(broken({ paddedLogits: off(theCase.paddedLogits, 19, Number.NaN) })).toEqual([]);
  });

  test('one wrong gradient is named', () => {
    const gradients = { ...Object.fromEntries(theCase.gradients), head: ramp(20, 4.1) };
    const check = compareModel(theCase, results({ gradients }), ACP).at(-1);
    expect(check?.measure).toBe('RMS error ratio, worst of 2 parameters: head');
  });

  /** Logits after the official tokens 0 and 4; the official model goes on with 4 and 2. */
  const greedy = (text: number[], after0: number[], after4: number[]) =>
    compareGreedy(
      theCase,
      {
        text: Int32Array.from(text),
        logits: Float32Array.from([...after0, ...after4, 0, 0, 0, 0, 0]),
      },
      { name: 'greedy', bound: BOUNDS.f32.logits },
    );
  const [likes4, likes2] = [
    [0, 0, 0, 0, 1],
    [0, 0, 1, 0, 0],
  ];

  test('greedy text is compared token by token', () => {
    expect(holds(greedy([0, 4, 2], likes4, likes2))).toBe(true);
    expect(greedy([0, 4, 3], likes4, likes2).error).toBe(1);
    expect(greedy([0, 4, 3], likes4, [0, 0, 0, 1, 0]).error).toBe(1);
    expect(greedy([0, 4], likes4, likes2).error).toBe(3);
    expect(greedy([1, 4, 2], likes4, likes2).error).toBe(1);
  });

  test('greedy text may differ at a tie, which the check names', () => {
    const tied = [0, 0, 0, 1.00001, 1];
    const check = greedy([0, 3, 3], tied, likes2);
    expect(holds(check)).toBe(true);
    expect(check.measure).toContain('but for a tie at token 1, logits 1.0e-5 apart');
    // Not a tie; a third token; NaN; wrong after the tie.
    expect(holds(greedy([0, 3, 3], [0, 0, 0, 1.01, 1], likes2))).toBe(false);
    expect(holds(greedy([0, 2, 2], tied, likes2))).toBe(false);
    expect(holds(greedy([0, 3, 3], tied.with(0, Number.NaN), likes2))).toBe(false);
    expect(holds(greedy([0, 3, 3], tied, likes4))).toBe(false);
  });
});

test('kept blocks are summed over layers and heads', () => {
  expect(sumCounts([Uint32Array.of(3, 10, 5, 10), Uint32Array.of(1, 10, 1, 10)])).toBe('10 of 40');
});

describe('a model under each rule', () => {
  const RULES = ['none', 'paper', 'certified'] as const;

  test('the configuration, and what bounds are widened by', () => {
    expect(
      createVariants({ ...officialDefaults, logPruningTolerance: -7 }, RULES).map(
        ({ prefix, config, allowance }) => [
          prefix,
          config.logPruningTolerance,
          config.pruningMode,
          allowance,
        ],
      ),
    ).toEqual([
      ['', null, 'paper', 0],
      ['acp ', -7, 'paper', 0],
      ['certified ', -7, 'certified', 2 * Math.exp(-7)],
    ]);
    expect(createVariants(officialDefaults, ['certified'])[0]?.config).toMatchObject({
      logPruningTolerance: -10,
    });
  });

  test('without a gate there is nothing to prune', () => {
    const variants = createVariants({ ...officialDefaults, fgateType: 'none' }, RULES);
    expect(variants.map(({ prefix }) => prefix)).toEqual(['']);
  });

  test('the allowance widens the bounds of outputs, and no others', () => {
    const bounds = (allowance: number) =>
      compareModel(theCase, results(), { ...ACP, allowance }).map(({ bound }) => bound);
    expect(bounds(0)).toEqual([1e-4, 1e-4, 1e-4, 1e-4, 1e-3]);
    expect(bounds(1e-4)).toEqual([2e-4, 2e-4, 2e-4, 2e-4, 1e-3]);
  });
});
