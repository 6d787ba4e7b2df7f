// metrics.jsonl: one JSON object a line, appended as the run goes, cut back when a run resumes from an earlier step.

import * as v from 'valibot';
import { encodeText, type Files } from './files.ts';
import { count, countOrZero, finite } from './schema.ts';

export const METRICS_FILE = 'metrics.jsonl';
const NEWLINE = 10;

export interface StepMetrics {
  readonly type: 'step';
  /** Updates made, this one included. */
  readonly step: number;
  /** Tokens trained on, this step's included. */
  readonly tokens: number;
  /** Mean nats a token over the step's batch, before its update. */
  readonly loss: number;
  /** Before clipping; null where it was not finite and the update was skipped (mixed precision). */
  readonly gradNorm: number | null;
  /** Of mixed precision: what the loss was multiplied by for backward, so that f16 gradients neither vanish nor overflow. */
  readonly lossScale?: number;
  readonly learningRate: number;
  readonly stepMs: number;
  readonly tokensPerSecond: number;
  /** Share of the causal attention blocks that were skipped; null without pruning. */
  readonly prunedShare: number | null;
}

export interface EvaluationMetrics {
  readonly type: 'evaluation';
  readonly step: number;
  readonly tokens: number;
  /** Mean nats a token. */
  readonly heldOutLoss: number;
  /** Held-out tokens that were predicted. */
  readonly heldOutTokens: number;
}

export type Metrics = StepMetrics | EvaluationMetrics;

export class MetricsLog {
  readonly #files: Files;
  readonly #path: string;
  #bytes: number;

  private constructor(files: Files, path: string, bytes: number) {
    this.#files = files;
    this.#path = path;
    this.#bytes = bytes;
  }

  /** @param bytes - length that the log had at the checkpoint; lines after it are of steps that will be made again */
  static async open(files: Files, path: string, bytes: number): Promise<MetricsLog> {
    const size = await files.size(path);
    if (size === null) return new MetricsLog(files, path, 0);
    // A log that was cut short, by a copy or by hand, may end within a line: the next one must not be glued to it.
    const kept = (await files.read(path)).subarray(0, bytes).lastIndexOf(NEWLINE) + 1;
    if (kept < size) await files.truncate(path, kept);
    return new MetricsLog(files, path, kept);
  }

  /** Length in bytes, for the checkpoint. */
  get bytes(): number {
    return this.#bytes;
  }

  async append(metrics: Metrics): Promise<void> {
    const line = encodeText(`${JSON.stringify(metrics)}\n`);
    await this.#files.append(this.#path, line);
    this.#bytes += line.length;
  }
}

export interface ParsedMetrics {
  readonly metrics: Metrics[];
  /** Numbers, from 1, of the lines that are no metrics: damaged, or cut by a crash. */
  readonly badLines: number[];
}

/** The lines of a metrics file, as far as they can be read: a picture or a table does without the others. */
export function parseMetrics(bytes: Uint8Array): ParsedMetrics {
  const lines = new TextDecoder().decode(bytes).split('\n');
  const parsed: ParsedMetrics = { metrics: [], badLines: [] };
  for (const [index, line] of lines.entries()) {
    const metrics = parseLine(line);
    if (metrics) parsed.metrics.push(metrics);
    // What follows the last newline is empty, or a line that was cut.
    else if (line !== '' || index < lines.length - 1) parsed.badLines.push(index + 1);
  }
  return parsed;
}

const stepSchema = v.looseObject({
  type: v.literal('step'),
  ...{ step: count, tokens: count, loss: finite, gradNorm: v.nullable(finite) },
  ...{ lossScale: v.optional(finite), learningRate: finite, stepMs: finite },
  ...{ tokensPerSecond: v.nullable(finite), prunedShare: v.nullable(finite) },
});
const evaluationSchema = v.looseObject({
  type: v.literal('evaluation'),
  ...{ step: countOrZero, tokens: countOrZero, heldOutLoss: finite, heldOutTokens: countOrZero },
});
const metricsSchema = v.variant('type', [stepSchema, evaluationSchema]);

function parseLine(line: string): Metrics | null {
  try {
    const value = JSON.parse(line);
    return v.is(metricsSchema, value) ? (value as Metrics) : null;
  } catch {
    return null;
  }
}
