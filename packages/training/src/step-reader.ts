// Reads a step's numbers back while the next one is being recorded, so that the GPU need not wait for the host.

import type { HostArray, NonFiniteError, Tensor } from '@vulpes/tensor-core';
import type { StepMetrics } from './metrics-log.ts';
import type { Params } from './model.ts';
import { PruningTally } from './pruning.ts';
import type { TrainStepResult } from './train-step.ts';

export interface StepFacts {
  /** Updates made, this one included. */
  readonly step: number;
  readonly tokens: number;
  readonly stepTokens: number;
  readonly learningRate: number;
}

interface StepValues {
  readonly loss: number;
  readonly gradNorm: number;
  readonly prunedShare: number | null;
  readonly stepMs: number;
}

export class StepReader {
  readonly #numHeads: number;
  readonly #onStep: (metrics: StepMetrics) => Promise<void>;
  readonly #explain: (facts: StepFacts, what: string) => Promise<NonFiniteError>;
  #inFlight: Promise<void> | null = null;
  #lastDone = 0;

  constructor(options: {
    numHeads: number;
    /** Told of every step, in order. */
    onStep: (metrics: StepMetrics) => Promise<void>;
    /** Makes the error for a loss or norm that is not finite. */
    explain: (facts: StepFacts, what: string) => Promise<NonFiniteError>;
  }) {
    this.#numHeads = options.numHeads;
    this.#onStep = options.onStep;
    this.#explain = options.explain;
  }

  /** Submits a step and takes over its result; waits for the step before it. @throws NonFiniteError of that one */
  async push(result: TrainStepResult, facts: StepFacts): Promise<void> {
    const before = this.#inFlight;
    const reading = this.#read(result, performance.now());
    this.#inFlight = reading.then((values) => this.#finish(facts, values));
    this.#inFlight.catch(() => {}); // whoever awaits it next gets the error
    await before;
  }

  /** Waits for every step. @throws NonFiniteError */
  async drain(): Promise<void> {
    const last = this.#inFlight;
    this.#inFlight = null;
    await last;
  }

  async #read(result: TrainStepResult, startedAt: number): Promise<StepValues> {
    const { losses, gradNorm, pruningCounts } = result;
    const before = this.#inFlight;
    const reading = Promise.all([
      readAll(losses),
      readAll([gradNorm]),
      Promise.all(pruningCounts.map(readAll)),
    ]);
    for (const tensor of [...losses, gradNorm, ...pruningCounts.flat()]) tensor.dispose(); // copies are recorded
    const [lossValues, [norm], counts] = await reading;
    await before; // steps are told in order
    const now = performance.now();
    const stepMs = now - Math.max(startedAt, this.#lastDone);
    this.#lastDone = now;
    const tally = new PruningTally();
    for (const layers of counts) tally.add(layers as Uint32Array[], this.#numHeads);
    const loss = lossValues.reduce((sum, value) => sum + (value[0] as number), 0) / losses.length;
    return {
      loss,
      gradNorm: norm?.[0] as number,
      prunedShare: tally.summary()?.share ?? null,
      stepMs,
    };
  }

  async #finish(facts: StepFacts, values: StepValues): Promise<void> {
    const { step, tokens, stepTokens, learningRate } = facts;
    const { loss, gradNorm, prunedShare, stepMs } = values;
    if (!Number.isFinite(loss)) throw await this.#explain(facts, `the loss is ${loss}`);
    if (!Number.isFinite(gradNorm))
      throw await this.#explain(facts, `the gradient norm is ${gradNorm}`);
    const tokensPerSecond = (1000 * stepTokens) / stepMs;
    await this.#onStep({
      type: 'step',
      step,
      tokens,
      loss,
      gradNorm,
      learningRate,
      stepMs: round(stepMs, 1),
      tokensPerSecond: round(tokensPerSecond, 1),
      prunedShare,
    });
  }
}

const readAll = (tensors: readonly Tensor[]): Promise<HostArray[]> =>
  Promise.all(tensors.map((tensor) => tensor.data()));

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Name and index of the first value that is not finite, or null. */
export async function firstNonFinite(
  params: Readonly<Params>,
): Promise<{ name: string; index: number; value: number } | null> {
  for (const [name, tensor] of Object.entries(params)) {
    const values = await tensor.data();
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) return { name, index, value: values[index] as number };
  }
  return null;
}
