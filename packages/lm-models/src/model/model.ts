// The language model: parameters, logits, loss.

import { type Device, reshape, type Tensor, UnsupportedError } from '@vulpes/tensor-core';
import { castInto, linear, linearCrossEntropy } from '@vulpes/wgsl-kernels';
import { type CacheOptions, createKvCache } from '../cache/create-cache.ts';
import type { KvCache } from '../cache/kv-cache.ts';
import type { FoxConfig } from '../config/config.ts';
import { validateConfig } from '../config/validate-config.ts';
import { type Checkpointing, checkCheckpointing } from '../layers/checkpointing.ts';
import { type ComputeDType, checkCompute } from '../layers/compute.ts';
import type { ForwardContext } from '../layers/context.ts';
import { makeVisibility } from '../layers/visibility.ts';
import {
  checkComputeParams,
  halfParameterNames,
  withHalves,
} from '../parameters/compute-params.ts';
import { checkWeights, type HostWeights } from '../parameters/host-weights.ts';
import { initialValues } from '../parameters/initial-values.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import type { Params } from '../parameters/params.ts';
import { toHost, toParams } from '../parameters/transfer.ts';
import { cachedContext, forward, headWeight, nextLogits } from './forward.ts';
import {
  checkInputs,
  checkLossInputs,
  checkNextInputs,
  type LossInputs,
  type ModelInputs,
  type NextTokenInputs,
} from './model-inputs.ts';

export type { LossInputs, ModelInputs, NextTokenInputs } from './model-inputs.ts';

export interface LossResult {
  /** [1], mean over counted labels, nats per token. */
  readonly loss: Tensor;
  readonly aux: {
    /** [B, T], nats; 0 where the label does not count. */
    readonly lossPerToken: Tensor;
    /** One u32 [B, H, 2] a layer: attention blocks kept, and blocks that hold a pair which may be seen. Empty without pruning. */
    readonly pruningCounts: Tensor[];
  };
}

export interface ModelOptions {
  /** What training computes again in backward to save memory; it changes no bit. Default 'none'. */
  readonly checkpointing?: Checkpointing | undefined;
  /** Dtype of activations and products; 'f16' is mixed precision and needs the device's feature f16. Default 'f32'. */
  readonly compute?: ComputeDType | undefined;
}

/** A model is its configuration on a device; its parameters are a plain record that the caller owns. */
export interface Model {
  readonly config: FoxConfig;
  readonly device: Device;
  readonly checkpointing: Checkpointing;
  readonly compute: ComputeDType;
  parameterSpecs(): ParameterSpec[];
  /** Fresh parameters; the same seed gives the same. The caller disposes them. @param into - tensors to write into, by name; default: new ones */
  init(seed: number, into?: Readonly<Params>): Params;
  /** Parameters from loaded weights; `into` as for `init`. @throws CheckpointError where they do not fit. */
  upload(weights: HostWeights, into?: Readonly<Params>): Params;
  /** f32 parameters back on the host, ready for `saveModelFolder`. @throws DTypeError for f16 copies, which would lose bits */
  download(params: Params): Promise<HostWeights>;
  /**
   * What `logits` and `loss` read of f32 parameters: with compute 'f16' the same record with f16 copies of the matrices, else itself.
   * @param into - f16 tensors to write into, by name; default: new ones, which the caller disposes
   */
  toCompute(params: Params, into?: Readonly<Params>): Params;
  /** [B, T, V], f32 */
  logits(params: Params, inputs: ModelInputs): Tensor;
  /** [B, V]: logits of the last token of each row alone. With a cache, that token sees the chunks before it, too. */
  nextTokenLogits(params: Params, inputs: NextTokenInputs): Tensor;
  /** An empty cache for texts of these params. The caller disposes it. @throws ArgumentError */
  createCache(params: Params, options: CacheOptions): KvCache;
  /** Mean loss; never holds the logits of all tokens at once. Differentiable in `params` by `valueAndGrad`. */
  loss(params: Params, inputs: LossInputs): LossResult;
}

/**
 * @example
 * const model = createModel(foxPreset('pro-tiny'), device);
 * const params = model.init(0);
 * const step = valueAndGrad(device, (p: Params, batch: LossInputs) => model.loss(p, batch));
 * @throws ArgumentError, UnsupportedError where the configuration cannot be built.
 */
export function createModel(config: FoxConfig, device: Device, options: ModelOptions = {}): Model {
  const checkpointing = checkCheckpointing(options.checkpointing ?? 'none');
  const compute = checkCompute(options.compute ?? 'f32', device.caps);
  const specs = parameterSpecs(validateConfig(config));
  const makeContext = (inputs: ModelInputs, countPruning: boolean): ForwardContext => {
    const [batch, length] = inputs.inputIds.shape as [number, number];
    return {
      config,
      compute,
      ...makeVisibility(device, { batch, length }, inputs, config),
      countPruning,
    };
  };
  return {
    config,
    device,
    checkpointing,
    compute,
    parameterSpecs: () => [...specs],
    init: (seed, into) => toParams(device, specs, (spec) => initialValues(spec, seed), into),
    upload(weights, into) {
      checkWeights(specs, new Map(Object.entries(weights)), { source: 'model.upload' });
      return toParams(device, specs, ({ name }) => weights[name]?.data as Float32Array, into);
    },
    download(params) {
      checkComputeParams(config, params, 'f32');
      return toHost(params, specs);
    },
    toCompute: (params, into = {}) =>
      compute === 'f32' ? params : withHalves(config, params, makeHalves(config, params, into)),
    logits: (params, inputs) =>
      device.scope(() => {
        checkComputeParams(config, params, compute);
        const context = makeContext(checkInputs(inputs), false);
        const { hidden } = forward(params, inputs.inputIds, context);
        return linear(hidden, headWeight(params, context), undefined, { out: 'f32' });
      }),
    nextTokenLogits(params, inputs) {
      const { inputIds, cache } = checkNextInputs(inputs);
      if (cache) assertDecodes(compute);
      checkComputeParams(config, params, compute);
      const layers = cache?.open(inputIds, { config, device });
      const logits = device.scope(() => {
        // A cache has visibility of its own: they reach back beyond the chunk.
        const context = layers ? cachedContext(config) : makeContext(inputs, false);
        return nextLogits(params, inputIds, context, layers);
      });
      cache?.close(inputIds);
      return logits;
    },
    createCache(params, options) {
      assertDecodes(compute);
      return createKvCache({ config, device }, params, options);
    },
    loss: (params, inputs) =>
      device.scope(() => {
        checkComputeParams(config, params, compute);
        const context = { ...makeContext(checkLossInputs(inputs), true), checkpointing };
        const { hidden, pruningCounts } = forward(params, inputs.inputIds, context);
        const { loss, lossPerToken } = headLoss(hidden, headWeight(params, context), inputs.labels);
        return { loss, aux: { lossPerToken, pruningCounts } };
      }),
  };
}

/** f16 copies of the matrices, in `into` or in new tensors. */
function makeHalves(config: FoxConfig, params: Params, into: Readonly<Params>): Params {
  checkComputeParams(config, params, 'f32');
  const halves: Params = {};
  for (const name of halfParameterNames(config)) {
    const master = params[name] as Tensor;
    const half = into[name] ?? master.device.empty(master.shape, { dtype: 'f16', label: name });
    castInto(master, half);
    halves[name] = half;
  }
  return halves;
}

/** @throws UnsupportedError */
function assertDecodes(compute: ComputeDType): void {
  if (compute === 'f32') return;
  throw new UnsupportedError(
    "decoding from a cache: expected a model with compute 'f32', as a cache has no mixed precision yet, got 'f16'. Make another model of the same config, which reads the f32 parameters; or generate with useCache: false.",
  );
}

/** hidden [B, T, h], labels [B, T] */
function headLoss(hidden: Tensor, weight: Tensor, labels: Tensor) {
  const [batch, seqLen, hiddenSize] = hidden.shape as [number, number, number];
  const rows = batch * seqLen;
  const { loss, lossPerToken } = linearCrossEntropy(
    reshape(hidden, [rows, hiddenSize]),
    weight,
    reshape(labels, [rows]),
  );
  return { loss, lossPerToken: reshape(lossPerToken, [batch, seqLen]) };
}
