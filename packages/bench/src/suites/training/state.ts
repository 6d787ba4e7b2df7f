// A model ready to train: parameters with gates as of a trained model, optimizer, step, tokens.

import {
  createModel,
  type FoxConfig,
  foxPreset,
  type Model,
  type ParameterSpec,
  type Params,
} from '@vulpes/lm-models';
import { CounterRng, type Device, type Tensor } from '@vulpes/tensor-core';
import {
  allocateState,
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
import { normals } from '../random.ts';

/** Random streams of the weights: drawing one for each of hundreds would take minutes. Neighbours differ. */
const STREAMS = 7;

/** How a variant prunes. */
export type Pruning = Pick<FoxConfig, 'logPruningTolerance' | 'pruningMode'>;

/** The preset, with the sizes of `dims` where it names some. */
export function createConfig(preset: string, dims: Dims, pruning: Pruning): FoxConfig {
  const { layers, hidden, heads, vocab } = dims;
  return foxPreset(preset, {
    ...(layers !== undefined && { numHiddenLayers: layers }),
    ...(hidden !== undefined && { hiddenSize: hidden }),
    ...(heads !== undefined && { numHeads: heads }),
    ...(vocab !== undefined && { vocabSize: vocab }),
    ...pruning,
  });
}

/**
 * What all variants of a case train, one for all workloads of the same sizes that live at a time: 760M parameters with AdamW take 9 GB.
 * The learning rate is 0, so that none changes what the next one starts from.
 */
export class SharedState {
  readonly #states = new Map<string, { readonly state: TrainedState; users: number }>();

  /** @returns the state, and a function that gives it back */
  take(model: Model, dims: Dims): { state: TrainedState; release: () => void } {
    const key = JSON.stringify(dims);
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

/**
 * Parameters with gates as of a trained model, and AdamW's moments, all 0. They are the caller's, who gives them to `disposeState`.
 * @param slowHeads the last so many heads forget slowly, as none does in a timed step
 */
export function createState(model: Model, slowHeads = 0): TrainedState {
  const specs = model.parameterSpecs();
  const biases = gateBiases(model.config.numHeads, slowHeads);
  const state = allocateState(model);
  specs.forEach((spec, index) => {
    model.device.write(state.params[spec.name] as Tensor, firstValues(spec, index, biases));
  });
  return state;
}

/** Updates of a state, one after the other. */
export interface Updates extends Disposable {
  /** Records the next update, which is the first at the first call; what it returns is the caller's. */
  record(learningRate: number): TrainStepResult;
  /** Updates recorded. */
  readonly count: number;
  /** Memory it keeps from step to step. */
  readonly byteLength: number;
}

export function createUpdates(
  model: Model,
  state: TrainedState,
  tokens: TokenBatch,
  options: TrainStepOptions,
): Updates {
  const step: TrainStep = createTrainStep(model, state, options);
  let count = 0;
  return {
    get count() {
      return count;
    },
    get byteLength() {
      return step.byteLength;
    },
    record: (learningRate) => step.run({ microBatches: [tokens], learningRate, update: ++count }),
    [Symbol.dispose]: () => step.dispose(),
  };
}

/** Weights as at the start of training, but with these biases of the forget gates, [numHeads]. */
export function createParams(
  device: Device,
  specs: readonly ParameterSpec[],
  biases: Float32Array<ArrayBuffer>,
): Params {
  const params: Params = {};
  specs.forEach((spec, index) => {
    params[spec.name] = device.tensor(firstValues(spec, index, biases), spec.shape, {
      label: spec.name,
    });
  });
  return params;
}

function firstValues(
  { name, shape, init }: ParameterSpec,
  seed: number,
  biases: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (name.endsWith('fgate_proj.bias')) return biases;
  if (init.kind === 'constant') return new Float32Array(size).fill(init.value);
  const values = normals(1 + (seed % STREAMS), size);
  const std = init.kind === 'normal' ? init.std : 1;
  for (let i = 0; i < size; i++) values[i] = (values[i] as number) * std;
  return values;
}

/** Inputs and labels [batch, seqLen], drawn from one stream of seed 7, each token equally likely: the same at every call. */
export function randomTokens(batch: number, seqLen: number, vocabSize: number): TokenBatch {
  const rng = new CounterRng(7);
  const draw = () => Int32Array.from({ length: batch * seqLen }, () => rng.below(vocabSize));
  return { inputs: draw(), labels: draw(), shape: [batch, seqLen] };
}

export const createSizedModel = (
  device: Device,
  preset: string,
  dims: Dims,
  pruning: Pruning,
): Model => createModel(createConfig(preset, dims, pruning), device);
