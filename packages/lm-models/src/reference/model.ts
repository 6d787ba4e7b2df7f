// The whole model in plain f64, forward and loss only: the specification of `createModel`, one sequence at a time.

import type { FoxConfig } from '../config/config.ts';
import { getHeadDim, getNumKvHeads } from '../config/sizes.ts';
import { QK_NORM_EPS } from '../layers/qk-norm-eps.ts';
import {
  add,
  linear,
  logSigmoid,
  type Matrix,
  type Row,
  rmsNorm,
  row,
  sigmoid,
  silu,
  zip,
} from './arrays.ts';
import { referenceAttention } from './attention.ts';
import { documentStarts, type ReferenceSequence } from './documents.ts';
import { referenceRope } from './rope.ts';

/** Official parameter name to row-major values. */
export type ReferenceWeights = Readonly<Record<string, ArrayLike<number>>>;

type Weight = (name: string) => ArrayLike<number>;

/** [T][V] */
export function referenceLogits(
  config: FoxConfig,
  weights: ReferenceWeights,
  sequence: ReferenceSequence,
): Matrix {
  const weight = weightReader(weights);
  const starts = documentStarts(sequence);
  const norm = { groupSize: config.hiddenSize, eps: config.normEps };
  let x = lookUp(weight('model.embeddings.weight'), sequence.inputIds, config.hiddenSize);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const at: Weight = (name) => weight(`model.layers.${layer}.${name}`);
    x = add(
      x,
      referenceAttentionLayer(config, at, rmsNorm(x, at('attn_norm.weight'), norm), starts),
    );
    x = add(x, referenceMlp(at, rmsNorm(x, at('mlp_norm.weight'), norm)));
  }
  const head = config.tieWordEmbeddings ? 'model.embeddings.weight' : 'lm_head.weight';
  return linear(rmsNorm(x, weight('model.norm.weight'), norm), weight(head));
}

/** −log softmax(logits)[label] of each token; 0 where the label is `ignoreIndex`. */
export function referenceLossPerToken(
  logits: Matrix,
  labels: ArrayLike<number>,
  ignoreIndex = -100,
): Float64Array {
  return row(logits.length, (t) => {
    if (labels[t] === ignoreIndex) return 0;
    const scores = logits[t] as Row;
    const max = scores.reduce((a, b) => Math.max(a, b));
    const sum = scores.reduce((total, logit) => total + Math.exp(logit - max), 0);
    return max + Math.log(sum) - (scores[labels[t] as number] as number);
  });
}

function referenceAttentionLayer(
  config: FoxConfig,
  weight: Weight,
  x: Matrix,
  starts: readonly number[],
): Matrix {
  const { numHeads, normEps, windowSize } = config;
  const [headDim, numKvHeads] = [getHeadDim(config), getNumKvHeads(config)];
  const at: Weight = (name) => weight(`attn.${name}`);
  let q = linear(x, at('q_proj.weight'));
  let k = project(x, at, { name: 'k_proj', isShifted: config.useKShift, numKvHeads, starts });
  const v = project(x, at, { name: 'v_proj', isShifted: config.useVShift, numKvHeads, starts });
  if (config.qkNorm) {
    q = rmsNorm(q, at('q_norm.weight'), { groupSize: headDim, eps: QK_NORM_EPS });
    k = rmsNorm(k, at('k_norm.weight'), { groupSize: headDim, eps: QK_NORM_EPS });
  }
  if (config.useRope) {
    q = referenceRope(q, { numHeads, base: config.ropeBase });
    k = referenceRope(k, { numHeads: numKvHeads, base: config.ropeBase });
  }
  let o = referenceAttention(q, k, v, forgetGate(config, at, x), {
    numHeads,
    numKvHeads,
    documentStarts: starts,
    windowSize,
  });
  if (config.useOutputNorm)
    o = rmsNorm(o, at('output_norm.weight'), { groupSize: headDim, eps: normEps });
  if (config.useOutputGate) {
    const activation = config.ogateAct === 'silu' ? silu : sigmoid;
    o = zip(o, linear(x, at('ogate_proj.weight')), (value, gate) => value * activation(gate));
  }
  return linear(o, at('o_proj.weight'));
}

/** log f, [T][H]; null without a gate. */
function forgetGate(config: FoxConfig, at: Weight, x: Matrix): Matrix | null {
  if (config.fgateType === 'none') return null;
  const logits =
    config.fgateType === 'full'
      ? linear(x, at('fgate_proj.weight'), at('fgate_proj.bias'))
      : x.map(() => Float64Array.from(at('fgate_bias')));
  return logits.map((row) => row.map(logSigmoid));
}

interface Projection {
  readonly name: string;
  readonly isShifted: boolean;
  readonly numKvHeads: number;
  readonly starts: readonly number[];
}

/** A linear map, with the data-dependent shift y_t <- alpha_t y_{t-1} + (1 - alpha_t) y_t where asked for. */
function project(
  x: Matrix,
  at: Weight,
  { name, isShifted, numKvHeads, starts }: Projection,
): Matrix {
  if (!isShifted) return linear(x, at(`${name}.weight`));
  const y = linear(x, at(`${name}.linear.weight`));
  const alpha = linear(x, at(`${name}.shift_proj.weight`)).map((row) => row.map(sigmoid));
  return y.map((values, t) => {
    const before = t > (starts[t] as number) ? y[t - 1] : undefined;
    return values.map((value, i) => {
      const a = alpha[t]?.[Math.floor((i * numKvHeads) / values.length)] as number;
      return a * (before?.[i] ?? 0) + (1 - a) * value;
    });
  });
}

/** W_down (silu(a) * b), [a, b] = W_gate x */
function referenceMlp(weight: Weight, x: Matrix): Matrix {
  const both = linear(x, weight('mlp.gate_proj.weight'));
  const hidden = both.map((values) => {
    const width = values.length / 2;
    return values.subarray(0, width).map((a, i) => silu(a) * (values[width + i] as number));
  });
  return linear(hidden, weight('mlp.down_proj.weight'));
}

function lookUp(table: ArrayLike<number>, ids: ArrayLike<number>, hiddenSize: number): Matrix {
  return Array.from(ids, (id) => row(hiddenSize, (i) => table[id * hiddenSize + i] as number));
}

function weightReader(weights: ReferenceWeights): Weight {
  return (name) => {
    const values = weights[name];
    if (!values) throw new Error(`reference model: no weight ${name}`);
    return values;
  };
}
