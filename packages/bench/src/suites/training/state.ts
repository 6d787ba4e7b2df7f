// A model ready to train: parameters with gates as of a trained model, optimizer, step, tokens.

import {
  createModel,
  type FoxConfig,
  foxPreset,
  type Model,
  type ModelOptions,
  type Params,
} from '@vulpes/lm-models';
import { CounterRng, type Device } from '@vulpes/tensor-core';
import {
  allocateState,
  copyToHalves,
  createTrainStep,
  disposeState,
  type TokenBatch,
  type TrainedState,
  type TrainStep,
  type TrainStepOptions,
  type TrainStepResult,
} from '@vulpes/training';
import type { Dims } from '../../case.ts';
import { gateBiases } from '../gate-biases.ts';

/** How a variant prunes. */
export type Pruning = Pick<FoxConfig, 'logPruningTolerance' | 'pruningMode'>;

/** The preset, with the sizes of `dims` where it names some. */
export function createSizedModel(
  device: Device,
  preset: string,
  { layers, hidden, heads, vocab }: Dims,
  { checkpointing, compute, ...pruning }: Pruning & ModelOptions,
): Model {
  const config = foxPreset(preset, {
    ...(layers !== undefined && { numHiddenLayers: layers }),
    ...(hidden !== undefined && { hiddenSize: hidden }),
    ...(heads !== undefined && { numHeads: heads }),
    ...(vocab !== undefined && { vocabSize: vocab }),
    ...pruning,
  });
  return createModel(config, device, { checkpointing, compute });
}

/**
 * What all variants of a case train, one for all workloads of the same sizes that live at a time: 760M parameters with AdamW take 9 GB.
 * The learning rate is 0, so that none changes what the next one starts from.
 */
export class SharedState {
  readonly #states = new Map<string, { readonly state: TrainedState; users: number }>();

  /** @returns the state, and a function that gives it back */
  take(model: Model, dims: Dims): { state: TrainedState; release: () => void } {
    const key = `${JSON.stringify(dims)} ${model.compute}`;
    const entry = this.#states.get(key) ?? { state: createState(model, dims.slowHeads), users: 0 };
    entry.users++;
    this.#states.set(key, entry);
    const release = (): void => {
      if (--entry.users > 0) return;
      this.#states.delete(key);
      disposeState(entry.state);
    };
    return { state: entry.state, release };
  }
}

/** Parameters with gates as of a trained model, and AdamW's moments, all 0. They are the caller's, who gives them to `disposeState`. */
export function createState(model: Model, slowHeads = 0): TrainedState {
  const state = allocateState(model);
  createParams(model, slowHeads, state.params);
  copyToHalves(state);
  return state;
}

/** Updates of a state, one after the other, always of the same tokens. */
export function createUpdates(
  model: Model,
  state: TrainedState,
  tokens: TokenBatch,
  options: TrainStepOptions,
) {
  const step: TrainStep = createTrainStep(model, state, options);
  const microBatches = [tokens];
  let count = 0;
  return {
    step,
    /** Records the next update, which is the first at the first call; what it returns is the caller's. */
    record: (learningRate: number): TrainStepResult =>
      step.run({ microBatches, learningRate, update: ++count }),
    /** Number of the update that comes next. */
    next: (): number => count + 1,
  };
}

/**
 * Fresh parameters, but gates as of a trained model. They are the caller's.
 * @param slowHeads the last so many heads forget slowly, as none does in a timed step
 */
export function createParams(model: Model, slowHeads = 0, into?: Params): Params {
  const params = model.init(7, into);
  const biases = gateBiases(model.config.numHeads, slowHeads);
  for (const [name, tensor] of Object.entries(params))
    if (name.endsWith('fgate_proj.bias')) model.device.write(tensor, biases);
  return params;
}

/** Inputs and labels [batch, seqLen], drawn from one stream of seed 7, each token equally likely: the same at every call. */
export function randomTokens(batch: number, seqLen: number, vocabSize: number): TokenBatch {
  const rng = new CounterRng(7);
  const draw = () => Int32Array.from({ length: batch * seqLen }, () => rng.below(vocabSize));
  return { inputs: draw(), labels: draw(), shape: [batch, seqLen] };
}
