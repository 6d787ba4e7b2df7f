// FoX (LLaMA) by composition, with the official parameter names.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import * as tf from '@tensorflow/tfjs-core';
import { forgettingAttention } from './attention.mjs';

/** @typedef {import('@tensorflow/tfjs-core').Tensor} Tensor */
/** @typedef {Record<string, Tensor>} Params */
/** @typedef {import('../../../../apps/bench/src/compare/protocol.ts').TrainJob['config']} Config */
/** @typedef {(name: string) => Tensor} At */

/** x [N, in], weight [out, in] @param {Tensor} x @param {Tensor} weight */
const linear = (x, weight) => tf.matMul(x, weight, false, true);

/** tf.logSigmoid does not keep its input for its gradient (4.22.0), which then fails. @param {Tensor} x */
const logSigmoid = (x) => tf.neg(tf.softplus(tf.neg(x)));

/** @param {Tensor} x @param {Tensor} weight @param {number} eps */
const rmsNorm = (x, weight, eps) => {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps))), weight);
};

/** @typedef {{ batch: number, length: number, mask: Tensor }} Layout */

/** @param {Tensor} x [B T, h] @param {At} at @param {Config} config @param {Layout} layout */
const attentionLayer = (x, at, { hiddenSize, numHeads }, { batch, length, mask }) => {
  const headDim = hiddenSize / numHeads;
  const headsFirst = (/** @type {string} */ name) =>
    tf.transpose(
      tf.reshape(linear(x, at(`attn.${name}_proj.weight`)), [batch, length, numHeads, headDim]),
      [0, 2, 1, 3],
    );
  const [q, k, v] = ['q', 'k', 'v'].map(headsFirst);
  const gate = tf.add(linear(x, at('attn.fgate_proj.weight')), at('attn.fgate_proj.bias'));
  const logFgate = tf.transpose(tf.reshape(logSigmoid(gate), [batch, length, numHeads]), [0, 2, 1]);
  const o = forgettingAttention(q, k, v, logFgate, mask);
  const merged = tf.reshape(tf.transpose(o, [0, 2, 1, 3]), [batch * length, hiddenSize]);
  return linear(merged, at('attn.o_proj.weight'));
};

/** @param {Tensor} x @param {At} at */
const mlp = (x, at) => {
  const [a, b] = tf.split(linear(x, at('mlp.gate_proj.weight')), 2, -1);
  return linear(tf.mul(tf.mul(a, tf.sigmoid(a)), b), at('mlp.down_proj.weight'));
};

/**
 * Mean nats a token.
 * @param {Params} params @param {Tensor} inputIds i32 [B T] @param {Tensor} labels f32 [B T, V], one-hot
 * @param {Config} config @param {Layout} layout
 * @returns {Tensor} scalar
 */
export const loss = (params, inputIds, labels, config, layout) => {
  const { normEps } = config;
  let x = tf.gather(params['model.embeddings.weight'], inputIds);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    /** @type {At} */
    const at = (name) => params[`model.layers.${layer}.${name}`];
    x = tf.add(x, attentionLayer(rmsNorm(x, at('attn_norm.weight'), normEps), at, config, layout));
    x = tf.add(x, mlp(rmsNorm(x, at('mlp_norm.weight'), normEps), at));
  }
  const logits = linear(rmsNorm(x, params['model.norm.weight'], normEps), params['lm_head.weight']);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), -1)));
};
