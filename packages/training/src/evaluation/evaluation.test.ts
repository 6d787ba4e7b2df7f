// Evaluation: closed forms, where needles stand, tasks that can be solved; and a small model measured against the evaluator of training.

import { byteTokenizer, createCorpus } from '@vulpes/data';
import { createModel } from '@vulpes/lm-models';
import { CounterRng, disposeAll } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { heldOutBatches } from '../data/batches.ts';
import { createEvaluator } from '../evaluate.ts';
import { tinyConfig } from '../testing/tiny-run.ts';
import { choiceTasks } from './choice-tasks.ts';
import { evaluateModel } from './evaluate-model.ts';
import { defaultEvaluation } from './evaluation-settings.ts';
import { leastNeedleLength, makeNeedleTest, needleModes, spread } from './needle.ts';
import { movingAverage, PositionTally, perplexityAt, reportedLengths } from './position-loss.ts';

describe('loss by position', () => {
  test('is the mean over texts', () => {
    const tally = new PositionTally(3);
    tally.add([1, 2, 3, 3, 4, 5]);
    tally.add([2, 0, 1]);
    expect(tally.result()).toEqual({ loss: [2, 2, 3], texts: 3 });
  });

  test('the moving average of a line is the line, of a step a ramp', () => {
    const line = Array.from({ length: 9 }, (_, i) => 3 * i);
    for (const [i, value] of movingAverage(line, 5).entries())
      expect(value).toBeCloseTo(line[i]!, 12);
    expect(movingAverage([0, 0, 0, 1, 1, 1], 3)).toEqual([0, 0, 1 / 3, 2 / 3, 1, 1]);
    expect(movingAverage([5, 7], 101)).toEqual([5, 7]);
  });

  test('perplexities are reported at halves of the longest length, down to 512', () => {
    expect(reportedLengths(65_536)).toEqual([512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536]);
    expect(reportedLengths(1024)).toEqual([512, 1024]);
    expect(reportedLengths(400)).toEqual([50, 100, 200, 400]);
    expect(perplexityAt([Math.log(2), Math.log(8), 99], 2)).toBeCloseTo(4, 12);
  });
});

describe('the needle', () => {
  const hay = byteTokenizer.encode('One sentence here. Another one there. '.repeat(60));
  const textOf = (depth: number | null, mode: 'easy' | 'standard' = 'standard') => {
    const { prompt, answer } = makeNeedleTest(byteTokenizer, hay, { mode, length: 1500, depth });
    expect(prompt.length + answer.length).toBe(1500);
    return byteTokenizer.decode(prompt);
  };
  const needle =
    '\nThe best thing to do in San Francisco is eat a sandwich and sit in Dolores Park on a sunny day.\n';

  test('stands at the start, behind a sentence, or at the end', () => {
    expect(textOf(0).indexOf(needle)).toBe(0);
    const middle = textOf(0.5);
    const at = middle.indexOf(needle);
    expect(middle[at - 1]).toBe('.');
    const hayLength = middle.indexOf('\n\nThere is') - needle.length;
    expect(at).toBeLessThanOrEqual(hayLength / 2);
    expect(at).toBeGreaterThan(hayLength / 2 - 25);
    expect(textOf(1)).toContain(`${needle}\n\nThere is an important piece`);
    expect(textOf(null)).not.toContain('Dolores');
  });

  test('easy needles hold the question as it is asked', () => {
    const text = textOf(0.3, 'easy');
    const question =
      'What is the best thing to do in San Francisco? Answer: The best thing to do in San Francisco is';
    expect(text.split(question)).toHaveLength(3);
    expect(text.endsWith(question)).toBe(true);
    for (const mode of needleModes) expect(textOf(0.9, mode)).toContain('Dolores Park');
  });

  test('lengths and depths are spread as linspace does', () => {
    expect(spread(1000, 32_000, 11)).toEqual([...Array(11).keys()].map((i) => 1000 + 3100 * i));
    expect(spread(0, 100, 5)).toEqual([0, 25, 50, 75, 100]);
    expect(spread(0, 100, 1)).toEqual([100]);
  });
});

describe('tasks', () => {
  const heldOut = byteTokenizer.encode('The quick brown fox jumps over the lazy dog. '.repeat(20));
  const tasks = choiceTasks(byteTokenizer, heldOut, 64);
  const textOf = (tokens: readonly number[]) => byteTokenizer.decode(tokens);

  test.each(tasks.slice(0, 3))(
    '$name: the text before says which answer is right, and no other is',
    ({ name, make }) => {
      const rng = new CounterRng(1, 2);
      for (let example = 0; example < 50; example++) {
        const { context, answers } = make(rng);
        const [right, ...others] = answers.map(textOf);
        const text = textOf(context);
        const asked = /\S+( is)?$/.exec(text)?.[0] as string;
        expect(text.includes(`${asked}${right}`), `${name}: ${text} -> ${right}`).toBe(true);
        for (const other of others) {
          expect(text.includes(`${asked}${other}`), `${name}: ${text} -> ${other}`).toBe(false);
          expect(text).toContain((other as string).trim());
        }
        expect(new Set(answers.map(({ length }) => length)).size).toBe(1);
      }
    },
  );

  test('a continuation is what follows in the held-out text', () => {
    const { context, answers } = tasks[3]!.make(new CounterRng(1, 2));
    const whole = byteTokenizer.decode(heldOut);
    expect(whole).toContain(textOf([...context, ...answers[0]!]));
    expect(context).toHaveLength(48);
  });

  test('the same seed makes the same', () => {
    for (const { make } of tasks)
      expect(make(new CounterRng(7, 1))).toEqual(make(new CounterRng(7, 1)));
  });
});

gpuSuite('evaluateModel', (device) => {
  test('its losses are those of the evaluator of training; the rest is there', async () => {
    // Without forget gates: one at 1/2 forgets the haystack before the question ends.
    const config = { fgateType: 'none', useRope: true, logPruningTolerance: null } as const;
    const model = createModel(tinyConfig(config), device());
    const params = model.init(3);
    const settings = { contextLength: 24, batchSize: 2, evalSequences: 4 };
    const least = leastNeedleLength(byteTokenizer);
    const text = 'A dog and a fox went up the hill. They slept there. '.repeat(400);
    const corpus = await createCorpus([{ name: 'foxes', bytes: byteTokenizer.encode(text) }], {
      contextLength: 2 * least,
      heldOutShare: 0.2,
    });
    const evaluation = {
      ...{ ...defaultEvaluation, length: 2 * least, sequences: 2, taskExamples: 3 },
      ...{ needleLengths: 1, needleDepths: 2 },
    };
    const shares: number[] = [];
    const report = await evaluateModel({
      ...{ model, params, corpus, settings, evaluation },
      onProgress: (_, share) => shares.push(share),
    });
    using evaluator = createEvaluator(model, params);
    const expected = async (length: number, sequences: number, batchSize: number) => {
      const batches = await heldOutBatches(corpus.heldOut, { length, sequences, batchSize });
      return (await evaluator.run(batches))!;
    };
    const trained = await expected(24, 4, 2);
    expect(report.heldOut.loss).toBeCloseTo(trained.loss, 5);
    expect(report.heldOut.tokens).toBe(trained.tokens);
    expect(report.heldOut.bitsPerByte).toBeCloseTo(trained.loss / Math.LN2, 5);
    const { loss, perplexity, length } = report.positions;
    const long = await expected(2 * least, 2, 1);
    expect(loss).toHaveLength(2 * least);
    expect(loss.reduce((sum, value) => sum + value, 0) / length).toBeCloseTo(long.loss, 5);
    expect(perplexity.at(-1)?.perplexity).toBeCloseTo(Math.exp(long.loss), 3);
    expect(report.needle.map(({ mode, depth }) => [mode, depth])).toEqual([
      ...[
        ['easy', 0],
        ['easy', 1],
        ['standard', 0],
        ['standard', 1],
      ],
    ]);
    for (const { loss, lossWithout, written } of report.needle) {
      expect(loss).toBeGreaterThan(3); // no training: about ln 256
      expect(lossWithout).toBeGreaterThan(3);
      expect(loss).not.toBe(lossWithout);
      expect(written).toBeLessThan(1);
    }
    expect(new Set(report.needle.map(({ loss }) => loss)).size).toBe(4);
    expect(report.tasks.map(({ name }) => name)).toEqual([
      ...['recall', 'copy', 'induction', 'continuation'],
    ]);
    for (const { accuracy } of report.tasks) expect((3 * accuracy) % 1).toBeCloseTo(0, 9);
    expect(report.notes).toEqual([]);
    expect(shares.every((share) => share >= 0 && share < 1)).toBe(true);
    disposeAll(params);
  });
});
