// The step line, and when plain lines are printed.

import type { TrainEvent } from '@vulpes/training';
import { expect, test } from 'vitest';
import { RunProgress, StepLine } from './progress.ts';

const start: TrainEvent = {
  type: 'start',
  step: 0,
  steps: 1000,
  tokensPerStep: 2048,
  parameterCount: 1,
  trainTokens: 1,
  heldOutTokens: 1,
  resumedFrom: null,
  notes: [],
};

const stepAt = (step: number) =>
  ({
    type: 'step',
    step,
    tokens: step * 2048,
    loss: 4.21034,
    gradNorm: 0.871,
    learningRate: 6e-4,
    stepMs: 1024,
    tokensPerSecond: 2000,
    prunedShare: 0.614,
  }) as const;

const evaluationAt = (step: number) =>
  ({
    type: 'evaluation',
    step,
    tokens: 0,
    heldOutLoss: 4.5,
    heldOutTokens: 1,
    pruning: null,
  }) as const;

test('a step is one line', () => {
  const line = new StepLine();
  for (const event of [start, stepAt(119), stepAt(120)]) line.update(event);
  expect(line.format(stepAt(120))).toBe(
    'step 0120/1000 | loss 4.2103 | held-out – | gnorm 0.87 | lr 6.0e-4 | 1,024 ms | 2,000 tok/s | ETA 15m01s | pruned 61%',
  );
  expect(line.format(stepAt(120), { isShort: true })).toBe(
    'step 0120/1000 | loss 4.2103 | held-out – | 2,000 tok/s | ETA 15m01s | pruned 61%',
  );
  line.update(evaluationAt(120));
  expect(line.format({ ...stepAt(121), prunedShare: null })).toMatch(
    /held-out 4.5000 .* pruned off$/,
  );
});

test('plain lines: the first step, some between, the last, every evaluation', () => {
  let text = '';
  const progress = new RunProgress({
    write: (part: string) => {
      text += part;
    },
  });
  progress.onEvent(start);
  progress.onEvent(evaluationAt(0));
  for (let step = 1; step <= 1000; step++) progress.onEvent(stepAt(step));
  progress.close();
  const lines = text.trimEnd().split('\n');
  expect(lines[0]).toBe('held-out loss 4.5000 at step 0');
  expect(lines[1]).toMatch(/^step 0001\/1000/);
  expect(lines.at(-1)).toMatch(/^step 1000\/1000/);
  expect(lines.length).toBeGreaterThan(40);
  expect(lines.length).toBeLessThan(60);
});
