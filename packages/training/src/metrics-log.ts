// metrics.jsonl: one JSON object a line, appended as the run goes, cut back when a run resumes from an earlier step.

import { encodeText, type Files } from './files.ts';

export const METRICS_FILE = 'metrics.jsonl';

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
    const size = (await files.size(path)) ?? 0;
    if (size > bytes) await files.truncate(path, bytes);
    return new MetricsLog(files, path, Math.min(size, bytes));
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

/** The lines of a metrics file; a last line that was cut by a crash is passed over. */
export function parseMetrics(bytes: Uint8Array): Metrics[] {
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Metrics);
}
