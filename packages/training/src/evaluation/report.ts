// What an evaluation found: the content of evaluation.json.

import type { NeedleMode } from './needle.ts';

export const EVALUATION_FORMAT = 'vulpes-evaluation-1';

export interface EvaluationReport {
  readonly format: typeof EVALUATION_FORMAT;
  /** Tokens of a training sequence. */
  readonly contextLength: number;
  readonly tokenizer: string;
  readonly heldOut: HeldOutResult;
  readonly positions: PositionResult;
  readonly needle: readonly NeedleResult[];
  readonly tasks: readonly TaskResult[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/** The held-out sequences that training evaluates on, at the length of training. */
export interface HeldOutResult {
  /** Mean nats a token. */
  readonly loss: number;
  readonly perplexity: number;
  readonly bitsPerByte: number;
  readonly tokens: number;
  readonly bytes: number;
}

export interface PositionResult {
  readonly texts: number;
  /** Of the texts, in tokens. */
  readonly length: number;
  readonly window: number;
  /** L(i) from i = 1 on, nats a token. */
  readonly loss: readonly number[];
  /** P(l) = exp of the mean loss up to l. */
  readonly perplexity: readonly { readonly length: number; readonly perplexity: number }[];
}

export interface NeedleResult {
  readonly mode: NeedleMode;
  /** Tokens of prompt and answer. */
  readonly length: number;
  readonly depth: number;
  /** Of the answer, mean nats a token. */
  readonly loss: number;
  /** The same with no needle in the haystack. */
  readonly lossWithout: number;
  /** Share of the answer that greedy generation writes before it first errs; 1: found. */
  readonly written: number;
}

export interface TaskResult {
  readonly name: string;
  readonly summary: string;
  readonly examples: number;
  /** Share of the examples whose right answer is the likeliest. */
  readonly accuracy: number;
  /** What guessing gives. */
  readonly chance: number;
}
