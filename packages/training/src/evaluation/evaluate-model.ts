// The evaluation of a trained model: held-out loss, loss by position, needle in a haystack, tasks.

import type { Corpus } from '@vulpes/data';
import { generate } from '@vulpes/lm-models';
import { CounterRng } from '@vulpes/tensor-core';
import { heldOutBatches, type TokenBatch } from '../data/batches.ts';
import type { Model, Params } from '../model.ts';
import type { TrainSettings } from '../settings.ts';
import { CHOICES, type ChoiceExample, choiceTasks } from './choice-tasks.ts';
import type { EvaluationSettings } from './evaluation-settings.ts';
import {
  leastNeedleLength,
  makeNeedleTest,
  type NeedleMode,
  needleModes,
  spread,
} from './needle.ts';
import { PositionTally, perplexityAt, reportedLengths } from './position-loss.ts';
import {
  EVALUATION_FORMAT,
  type EvaluationReport,
  type HeldOutResult,
  type NeedleResult,
  type PositionResult,
  type TaskResult,
} from './report.ts';
import { createTokenLosses, GIVEN, type TokenLosses } from './token-losses.ts';

export interface EvaluationRun {
  /** In f32. */
  readonly model: Model;
  readonly params: Readonly<Params>;
  readonly corpus: Corpus;
  /** Of the training. */
  readonly settings: Pick<TrainSettings, 'contextLength' | 'batchSize' | 'evalSequences'>;
  readonly evaluation: EvaluationSettings;
  /** Before each part, and as it goes on: what is done, and how much of it, 0 to 1. */
  readonly onProgress?: (what: string, share: number) => void;
  /** Ends the evaluation by an AbortError. */
  readonly signal?: AbortSignal;
}

/** @throws ArgumentError where there is no held-out text for one sequence; the signal's reason */
export async function evaluateModel(run: EvaluationRun): Promise<EvaluationReport> {
  using losses = createTokenLosses(run.model, run.params);
  const notes: string[] = [];
  const session = { ...run, losses, notes };
  const heldOut = await measureHeldOut(session);
  const positions = await measurePositions(session);
  return {
    format: EVALUATION_FORMAT,
    contextLength: run.settings.contextLength,
    tokenizer: run.corpus.tokenizer.name,
    heldOut,
    positions,
    needle: await measureNeedle(session, positions.length),
    tasks: await measureTasks(session),
    notes,
  };
}

interface Session extends EvaluationRun {
  readonly losses: TokenLosses;
  readonly notes: string[];
}

async function measureHeldOut(session: Session): Promise<HeldOutResult> {
  const { corpus, settings } = session;
  const { contextLength: length, evalSequences: sequences, batchSize } = settings;
  const batches = await heldOutBatches(corpus.heldOut, { length, sequences, batchSize });
  let [nats, tokens, bytes] = [0, 0, 0];
  await forEach(session, 'held-out loss', batches, async (batch) => {
    for (const loss of await session.losses.run(batch)) nats += loss;
    tokens += batch.labels.length;
    bytes += countBytes(session, batch);
  });
  const loss = nats / tokens;
  return { loss, perplexity: Math.exp(loss), bitsPerByte: nats / Math.LN2 / bytes, tokens, bytes };
}

/** UTF-8 bytes of the labels, row by row. */
function countBytes({ corpus: { tokenizer } }: Session, { labels, shape }: TokenBatch): number {
  if (tokenizer.name === 'bytes') return labels.length;
  const [rows, length] = shape;
  const texts = Array.from({ length: rows }, (_, row) =>
    tokenizer.decode(labels.subarray(row * length, (row + 1) * length)),
  );
  return texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
}

async function measurePositions(session: Session): Promise<PositionResult> {
  const { corpus, settings, evaluation, notes } = session;
  const wanted = evaluation.length ?? 4 * settings.contextLength;
  const length = Math.min(wanted, corpus.heldOut.length - 1);
  if (length < wanted)
    notes.push(`Loss by position: ${length} tokens instead of ${wanted}, all that is held out.`);
  const { sequences, window } = evaluation;
  const batches = await heldOutBatches(corpus.heldOut, { length, sequences, batchSize: 1 });
  const tally = new PositionTally(length);
  await forEach(session, 'loss by position', batches, async (batch) => {
    tally.add(await session.losses.run(batch));
  });
  const { loss, texts } = tally.result();
  const perplexity = reportedLengths(length).map((end) => ({
    length: end,
    perplexity: perplexityAt(loss, end),
  }));
  return { texts, length, window, loss, perplexity };
}

async function measureNeedle(session: Session, longest: number): Promise<NeedleResult[]> {
  const { corpus, evaluation, notes } = session;
  const { needleLengths, needleDepths } = evaluation;
  if (needleLengths === 0 || needleDepths === 0) return [];
  const least = leastNeedleLength(corpus.tokenizer);
  if (longest < 2 * least) {
    notes.push(
      `Needle in a haystack: left out, as question and answer take ${least} tokens and the longest text has ${longest}.`,
    );
    return [];
  }
  const haystack = await readHeldOut(corpus, longest);
  const lengths = spread(Math.max(2 * least, Math.round(longest / 8)), longest, needleLengths);
  const depths = spread(0, 100, needleDepths).map((percent) => percent / 100);
  const places = needleModes.flatMap((mode) => lengths.map((length) => ({ mode, length })));
  const results: NeedleResult[] = [];
  await forEach(session, 'needle in a haystack', places, async (place) => {
    const lossWithout = await measureAnswer(session, haystack, { ...place, depth: null });
    for (const depth of depths) {
      const loss = await measureAnswer(session, haystack, { ...place, depth });
      const written = await writeAnswer(session, haystack, { ...place, depth });
      results.push({ ...place, depth, loss, lossWithout, written });
    }
  });
  return results;
}

interface Place {
  readonly mode: NeedleMode;
  readonly length: number;
  readonly depth: number | null;
}

/** Mean nats a token of the answer, given what stands before it. */
async function measureAnswer(
  { corpus, losses }: Session,
  haystack: Int32Array,
  place: Place,
): Promise<number> {
  const { prompt, answer } = makeNeedleTest(corpus.tokenizer, haystack, place);
  const [sum = 0] = await sumAnswerLosses(losses, [
    { context: [...prompt], answers: [[...answer]] },
  ]);
  return sum / answer.length;
}

/** Share of the answer that greedy generation writes before it first errs. */
async function writeAnswer(
  { model, params, corpus, signal }: Session,
  haystack: Int32Array,
  place: Place,
): Promise<number> {
  const { prompt, answer } = makeNeedleTest(corpus.tokenizer, haystack, place);
  let right = 0;
  await generate(model, params, {
    ...{ prompt, maxNewTokens: answer.length, temperature: 0, stopToken: null },
    onToken: (token) => {
      const isRight = token === answer[right];
      if (isRight) right++;
      return isRight && !signal?.aborted;
    },
  });
  return right / answer.length;
}

async function measureTasks(session: Session): Promise<TaskResult[]> {
  const { corpus, evaluation, settings, losses } = session;
  const { taskExamples, seed } = evaluation;
  if (taskExamples === 0) return [];
  const heldOut = await readHeldOut(corpus, 2 ** 16);
  const tasks = choiceTasks(corpus.tokenizer, heldOut, settings.contextLength);
  const results: TaskResult[] = [];
  await forEach(session, 'tasks', tasks, async ({ name, summary, make }) => {
    const rng = new CounterRng(seed, TASK_STREAM);
    const examples = Array.from({ length: taskExamples }, () => make(rng));
    const sums = await sumAnswerLosses(losses, examples);
    const right = examples.filter((_, i) => {
      const [first = 0, ...others] = sums.slice(i * CHOICES, (i + 1) * CHOICES);
      return others.every((other) => first < other);
    });
    const accuracy = right.length / taskExamples;
    results.push({ name, summary, examples: taskExamples, accuracy, chance: 1 / CHOICES });
  });
  return results;
}

/** Stream of the random numbers that make tasks. */
const TASK_STREAM = 0x7461736b; // 'task'
/** Tokens of a batch of answers, about. */
const BATCH_TOKENS = 2048;

/** Sums of losses, in nats, of each answer of each example: one row each, filled up behind. */
async function sumAnswerLosses(
  losses: TokenLosses,
  examples: readonly ChoiceExample[],
): Promise<number[]> {
  const rows = examples.flatMap(({ context, answers }) =>
    answers.map((answer) => ({ context, answer })),
  );
  const longest = Math.max(...rows.map(({ context, answer }) => context.length + answer.length));
  const length = longest - 1;
  const perBatch = Math.min(rows.length, Math.max(1, Math.floor(BATCH_TOKENS / length)));
  const sums: number[] = [];
  for (let first = 0; first < rows.length; first += perBatch) {
    const batch = rows.slice(first, first + perBatch);
    const inputs = new Int32Array(perBatch * length);
    const labels = new Int32Array(perBatch * length).fill(GIVEN);
    batch.forEach(({ context, answer }, row) => {
      const tokens = [...context, ...answer];
      inputs.set(tokens.slice(0, -1), row * length);
      labels.set(answer, row * length + context.length - 1);
    });
    const values = await losses.run({ inputs, labels, shape: [perBatch, length] });
    for (let row = 0; row < batch.length; row++) {
      const of = values.subarray(row * length, (row + 1) * length);
      sums.push(of.reduce((sum, value) => sum + value, 0));
    }
  }
  return sums;
}

/** The first held-out tokens, from the start again where there are too few. */
async function readHeldOut({ heldOut }: Corpus, count: number): Promise<Int32Array> {
  const tokens = await heldOut.read(0, Math.min(count, heldOut.length));
  return Int32Array.from({ length: count }, (_, i) => tokens[i % tokens.length] as number);
}

async function forEach<T>(
  { onProgress, signal }: EvaluationRun,
  what: string,
  items: readonly T[],
  visit: (item: T) => Promise<void>,
): Promise<void> {
  for (const [i, item] of items.entries()) {
    signal?.throwIfAborted();
    onProgress?.(what, i / items.length);
    await visit(item);
  }
}
