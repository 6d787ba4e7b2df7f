// The progress of a run: a bar with one line of numbers on a terminal, plain lines elsewhere.

import {
  formatDuration,
  formatInteger,
  formatPercent,
  type Output,
  ProgressLine,
} from '@vulpes/cli-kit';
import type { TrainEvent } from '@vulpes/training';

type StepEvent = Extract<TrainEvent, { type: 'step' }>;

const MAX_PLAIN_LINES = 50;
const PLAIN_INTERVAL_MS = 15_000;
/** Weight of the earlier steps in the mean time of a step. */
const EMA_DECAY = 0.9;

/** The numbers of a run so far, for one line. */
export class StepLine {
  #steps = 0;
  #tokensPerStep = 0;
  #heldOutLoss: number | null = null;
  #stepMs: number | null = null;
  #isWarm = false;

  update(event: TrainEvent): void {
    if (event.type === 'start') {
      this.#steps = event.steps;
      this.#tokensPerStep = event.tokensPerStep;
    } else if (event.type === 'evaluation') {
      this.#heldOutLoss = event.heldOutLoss;
    } else if (event.type === 'step' && this.#isWarm) {
      // Times are averaged, not rates: a late read-back makes one step look long and the next one short.
      const before = this.#stepMs ?? event.stepMs;
      this.#stepMs = EMA_DECAY * before + (1 - EMA_DECAY) * event.stepMs;
    }
    this.#isWarm ||= event.type === 'step'; // the first step compiles the kernels
  }

  /** `step 0120/1000 | loss 4.2103 | held-out 4.5012 | … | ETA 3m05s | pruned 61%`; short, it fits on most terminals. */
  format(event: StepEvent, { isShort = false } = {}): string {
    const width = String(this.#steps).length;
    const step = String(event.step).padStart(width, '0');
    const stepMs = this.#stepMs ?? event.stepMs;
    const remainingMs = (this.#steps - event.step) * (this.#stepMs ?? Number.NaN);
    const details = [
      event.gradNorm === null ? 'skipped' : `gnorm ${event.gradNorm.toFixed(2)}`,
      `lr ${event.learningRate.toExponential(1)}`,
      `${formatInteger(event.stepMs)} ms`,
    ];
    return [
      `step ${step}/${this.#steps}`,
      `loss ${event.loss.toFixed(4)}`,
      `held-out ${this.#heldOutLoss?.toFixed(4) ?? '–'}`,
      ...(isShort ? [] : details),
      `${formatInteger((1000 * this.#tokensPerStep) / stepMs)} tok/s`,
      `ETA ${formatDuration(remainingMs / 1000)}`,
      `pruned ${event.prunedShare === null ? 'off' : formatPercent(event.prunedShare)}`,
    ].join(' | ');
  }

  get steps(): number {
    return this.#steps;
  }
}

export class RunProgress {
  readonly #line = new StepLine();
  readonly #bar: ProgressLine;
  #plainStep = Number.NEGATIVE_INFINITY;
  #plainAt = 0;

  constructor(output: Output) {
    this.#bar = new ProgressLine(output);
  }

  readonly onEvent = (event: TrainEvent): void => {
    this.#line.update(event);
    if (event.type === 'start') this.#draw(event.step, 'starting', null);
    if (event.type === 'step') this.#drawStep(event);
    if (event.type === 'evaluation')
      this.print(`held-out loss ${event.heldOutLoss.toFixed(4)} at step ${event.step}`);
  };

  /** A line above the bar. */
  readonly print = (text: string): void => this.#bar.print(text);

  /** Removes the bar. */
  close(): void {
    this.#bar.clear();
  }

  #drawStep(event: StepEvent): void {
    const isDue = this.#isPlainDue(event);
    if (isDue) {
      this.#plainStep = event.step;
      this.#plainAt = performance.now();
    }
    const text = this.#line.format(event, { isShort: true });
    this.#draw(event.step, text, isDue ? this.#line.format(event) : null);
  }

  /** The first and the last step, some between, and a sign of life in slow runs. */
  #isPlainDue({ step }: StepEvent): boolean {
    const { steps } = this.#line;
    if (step === steps || step - this.#plainStep >= steps / MAX_PLAIN_LINES) return true;
    return performance.now() - this.#plainAt >= PLAIN_INTERVAL_MS;
  }

  #draw(done: number, text: string, plain: string | null): void {
    this.#bar.update({ text, plain, done, total: this.#line.steps });
  }
}
