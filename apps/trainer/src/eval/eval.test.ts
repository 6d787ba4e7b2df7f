// The lines and the page of an evaluation.

import type { EvaluationReport } from '@vulpes/training';
import { expect, test } from 'vitest';
import { evaluationLines } from './evaluation-lines.ts';
import { evaluationPage } from './evaluation-page.ts';

const needle = (['easy', 'standard'] as const).flatMap((mode) =>
  [1000, 2000].flatMap((length) =>
    [0, 0.5, 1].map((depth) => ({
      ...{ mode, length, depth, loss: mode === 'easy' ? 0.5 : 1.5, lossWithout: 2 },
      written: mode === 'easy' ? 1 : 0.25,
    })),
  ),
);

const report: EvaluationReport = {
  ...{ format: 'vulpes-evaluation-1', contextLength: 512, tokenizer: 'bytes' },
  heldOut: { loss: 1.25, perplexity: 3.49, bitsPerByte: 1.8034, tokens: 4096, bytes: 4096 },
  positions: {
    ...{ texts: 4, length: 2048, window: 101 },
    loss: Array.from({ length: 2048 }, (_, i) => 1 + 1 / (1 + i / 50)),
    perplexity: [
      { length: 1024, perplexity: 3.2 },
      { length: 2048, perplexity: 2.9 },
    ],
  },
  needle,
  tasks: [
    { name: 'recall', summary: 'pairs of words', examples: 64, accuracy: 0.75, chance: 0.25 },
    { name: 'copy', summary: 'words again', examples: 64, accuracy: 0.5, chance: 0.25 },
  ],
  notes: ['Something was left out.'],
};

test('lines', () => {
  expect(evaluationLines(report)).toMatchInlineSnapshot(`
    [
      "Held-out loss        1.2500 nats a token, perplexity 3.490, 1.8034 bits per byte (4,096 tokens)",
      "Perplexity up to     1,024: 3.200, 2,048: 2.900 (4 texts)",
      "Needle, easy         found in 6 of 6 places; it saves 1.500 nats a token of the answer",
      "Needle, standard     found in 0 of 6 places; it saves 0.500 nats a token of the answer",
      "Task recall          75% of 64 (guessing: 25%)",
      "Task copy            50% of 64 (guessing: 25%)",
      "Something was left out.",
    ]
  `);
});

test('the page has a chart of each part and every number', () => {
  const page = evaluationPage(report, 'runs/a');
  expect(page.match(/<svg/g)).toHaveLength(3);
  for (const text of ['1.2500', '1.8034', '2.900', 'length of training', '1.50', '75%', 'left out'])
    expect(page).toContain(text);
});

test('parts that were left out are not on the page', () => {
  const page = evaluationPage({ ...report, needle: [], tasks: [], notes: [] }, 'runs/a');
  expect(page).not.toContain('Needle');
  expect(page).not.toContain('Tasks');
});
