// What a run will cost, from its numbers alone: parameters, memory, arithmetic. For a dry run.

import {
  type FoxConfig,
  getHeadDim,
  getIntermediateSize,
  getNumKvHeads,
  parameterSpecs,
} from '@vulpes/lm-models';
import { shapeSize } from '@vulpes/tensor-core';
import { type TrainSettings, tokensPerStep } from './settings.ts';

const F32_BYTES = 4;

export interface RunEstimate {
  readonly parameters: number;
  /** Without the input embedding, as the papers count. */
  readonly nonEmbeddingParameters: number;
  readonly tokensPerStep: number;
  readonly totalTokens: number;
  readonly memory: {
    readonly weightBytes: number;
    readonly gradientBytes: number;
    /** AdamW's two moments. */
    readonly optimizerBytes: number;
    /** Kept between forward and backward of one micro batch; estimated to about a third. */
    readonly activationBytes: number;
    readonly totalBytes: number;
    /** The largest single buffer, to compare with the adapter's maxStorageBufferBindingSize. */
    readonly largestBufferBytes: number;
  };
  /** Floating-point operations of forward and backward for one trained token, dense attention. */
  readonly flopsPerToken: FlopsPerToken;
  readonly totalFlops: number;
}

export interface FlopsPerToken {
  readonly projections: number;
  readonly attention: number;
  readonly mlp: number;
  readonly head: number;
  readonly total: number;
}

export function estimateRun(config: FoxConfig, settings: TrainSettings): RunEstimate {
  const sizes = parameterSpecs(config).map((spec) => ({ ...spec, size: shapeSize(spec.shape) }));
  const parameters = sum(sizes.map(({ size }) => size));
  const embedding = config.tieWordEmbeddings ? 0 : config.vocabSize * config.hiddenSize;
  const weightBytes = parameters * F32_BYTES;
  const activationBytes = activationFloats(config, settings) * F32_BYTES;
  const gradientBytes = weightBytes * (settings.accumulate > 1 ? 2 : 1);
  const flopsPerToken = trainFlops(config, settings.contextLength);
  const tokens = tokensPerStep(settings);
  return {
    parameters,
    nonEmbeddingParameters: parameters - embedding,
    tokensPerStep: tokens,
    totalTokens: tokens * settings.steps,
    memory: {
      weightBytes,
      gradientBytes,
      optimizerBytes: 2 * weightBytes,
      activationBytes,
      totalBytes: 3 * weightBytes + gradientBytes + activationBytes,
      largestBufferBytes: F32_BYTES * largestBuffer(config, settings),
    },
    flopsPerToken,
    totalFlops: flopsPerToken.total * tokens * settings.steps,
  };
}

/** Multiply and add are two operations; backward costs twice the forward; causal attention sees half the context, a window less. */
function trainFlops(config: FoxConfig, contextLength: number): FlopsPerToken {
  const { hiddenSize: h, numHiddenLayers: layers, numHeads, vocabSize } = config;
  const numKvHeads = getNumKvHeads(config);
  const gates = config.fgateType === 'full' ? numHeads * h : 0;
  const shifts = (Number(config.useKShift) + Number(config.useVShift)) * numKvHeads * h;
  // q, o and the output gate are as wide as the query heads, k and v as the key heads.
  const matrices = (config.useOutputGate ? 3 : 2) * h * h + 2 * h * numKvHeads * getHeadDim(config);
  const projections = 6 * layers * (matrices + gates + shifts);
  const attention = 12 * layers * h * visibleKeys(contextLength, config.windowSize);
  const mlp = 6 * layers * 3 * h * getIntermediateSize(config);
  const head = 6 * h * vocabSize;
  return { projections, attention, mlp, head, total: projections + attention + mlp + head };
}

/** Keys that a token sees on average: half the context, or less with a window. */
function visibleKeys(contextLength: number, windowSize: number | null): number {
  const window = Math.min(windowSize ?? contextLength, contextLength);
  return window - (window * window) / (2 * contextLength);
}

/** Floats of one micro batch that forward keeps for backward, layer by layer: see the terms. */
function activationFloats(config: FoxConfig, settings: TrainSettings): number {
  const { hiddenSize: h, numHiddenLayers, numHeads } = config;
  const normsAndResiduals = 4 * h;
  const numKvHeads = getNumKvHeads(config);
  const kv = numKvHeads * getHeadDim(config);
  const attention = 2 * h + 2 * kv + 3 * numHeads; // q, o, k, v; log gate, its sum, row statistics
  const shifts = (Number(config.useKShift) + Number(config.useVShift)) * (kv + numKvHeads);
  const qkNorm = config.qkNorm ? h + kv : 0;
  const output = (config.useOutputNorm ? h : 0) + (config.useOutputGate ? 2 * h : 0);
  const mlp = 3 * getIntermediateSize(config);
  const perLayer = normsAndResiduals + attention + shifts + qkNorm + output + mlp;
  const tokens = settings.contextLength * settings.batchSize;
  return tokens * (numHiddenLayers * perLayer + 2 * h);
}

function largestBuffer(config: FoxConfig, settings: TrainSettings): number {
  const tokens = settings.contextLength * settings.batchSize;
  const widest = Math.max(2 * getIntermediateSize(config), config.hiddenSize);
  return Math.max(tokens * widest, ...parameterSpecs(config).map(({ shape }) => shapeSize(shape)));
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
