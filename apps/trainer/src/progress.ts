// How a run is shown: a bar with one line of numbers on a terminal, plain lines elsewhere.

import type { TrainEvent } from '@vulpes/training';
import { MultiBar, type SingleBar } from 'cli-progress';
import { formatDuration, formatInteger, formatPercent } from './format.ts';

type StepEvent = Extract<TrainEvent, { type: 'step' }>;

/** Where lines go; process.stdout fits. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  onEvent(event: TrainEvent): void;
  /** A line above the bar. */
  note(text: string): void;
  /** Takes the bar away. */
  close(): void;
}

const PLAIN_LINES = 50;
const PLAIN_INTERVAL_MS = 15_000;
const MEMORY = 0.9;

/** What is known of the run so far, for one line. */
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
      this.#stepMs = MEMORY * before + (1 - MEMORY) * event.stepMs;
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
      `gnorm ${event.gradNorm.toFixed(2)}`,
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

const evaluationLine = (event: Extract<TrainEvent, { type: 'evaluation' }>): string =>
  `held-out loss ${event.heldOutLoss.toFixed(4)} at step ${event.step}`;

export const createProgress = (output: Output): Progress =>
  output.isTTY ? barProgress(output) : plainProgress(output);

function plainProgress(output: Output): Progress {
  const line = new StepLine();
  let printedStep = Number.NEGATIVE_INFINITY;
  let printedAt = 0;
  const print = (text: string) => void output.write(`${text}\n`);
  const isDue = (event: StepEvent) =>
    event.step === line.steps ||
    event.step - printedStep >= line.steps / PLAIN_LINES ||
    performance.now() - printedAt >= PLAIN_INTERVAL_MS;
  return {
    onEvent(event) {
      line.update(event);
      if (event.type === 'evaluation') print(evaluationLine(event));
      if (event.type !== 'step' || !isDue(event)) return;
      print(line.format(event));
      printedStep = event.step;
      printedAt = performance.now();
    },
    note: print,
    close: () => {},
  };
}

function barProgress(output: Output): Progress {
  const line = new StepLine();
  const bars = new MultiBar({
    stream: output as NodeJS.WriteStream,
    format: '{bar} {line}',
    barsize: 16,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // signals are ours
  });
  let bar: SingleBar | null = null;
  // MultiBar keeps its notes until it next draws a bar.
  const note = (text: string) => void (bar ? bars.log(`${text}\n`) : output.write(`${text}\n`));
  return {
    onEvent(event) {
      line.update(event);
      if (event.type === 'start') bar = bars.create(event.steps, event.step, { line: 'starting' });
      if (event.type === 'step')
        bar?.update(event.step, { line: line.format(event, { isShort: true }) });
      if (event.type === 'evaluation') note(evaluationLine(event));
    },
    note,
    close: () => {
      if (bar) bars.update(); // what was noted since the last drawing
      bars.stop();
      bar = null;
    },
  };
}
