// What an evaluation measures, and on how much.

import * as v from 'valibot';
import { count, countOrZero } from '../schema.ts';

export const evaluationSchema = v.object({
  /** Tokens of the longest text; null: four times the context, as the papers have it, where there is as much held-out text. */
  length: v.pipe(v.nullable(count), v.description('a whole number ≥ 1, or null')),
  /** Held-out texts of that length, at most. */
  sequences: count,
  /** Positions over which the loss by position is averaged; the papers have 101. */
  window: count,
  /** Lengths and depths of the needle in a haystack; the papers have 11 each. 0: no such test. */
  needleLengths: countOrZero,
  needleDepths: countOrZero,
  /** Examples of each task; 0: no tasks. */
  taskExamples: countOrZero,
  /** Of what the tasks are made of. */
  seed: countOrZero,
});

export type EvaluationSettings = Readonly<v.InferOutput<typeof evaluationSchema>>;

export const defaultEvaluation: EvaluationSettings = {
  length: null,
  sequences: 16,
  window: 101,
  needleLengths: 4,
  needleDepths: 5,
  taskExamples: 64,
  seed: 0,
};
