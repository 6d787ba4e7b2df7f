// What a run will cost, from its numbers alone: parameters, tokens, arithmetic. Memory: plan-memory.ts.

import {
  type FoxConfig,
  getHeadDim,
  getIntermediateSize,
  getNumKvHeads,
  parameterSpecs,
} from '@vulpes/lm-models';
import { shapeSize } from '@vulpes/tensor-core';
import { type TrainSettings, tokensPerStep } from './settings.ts';

export interface RunEstimate {
  readonly parameters: number;
  /** Without the input embedding, as the papers count. */
  readonly nonEmbeddingParameters: number;
  readonly tokensPerStep: number;
  readonly totalTokens: number;
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
  const flopsPerToken = trainFlops(config, settings.contextLength);
  const tokens = tokensPerStep(settings);
  return {
    parameters,
    nonEmbeddingParameters: parameters - embedding,
    tokensPerStep: tokens,
    totalTokens: tokens * settings.steps,
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

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
