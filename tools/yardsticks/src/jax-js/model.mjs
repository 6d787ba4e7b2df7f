// FoX (LLaMA) by composition, with the official parameter names.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import { nn, numpy as np } from '@jax-js/jax';
import { forgettingAttention } from './attention.mjs';

/** @typedef {import('@jax-js/jax').Array} Value */
/** @typedef {Record<string, Value>} Params */
/** @typedef {import('../../../../apps/bench/src/compare/protocol.ts').TrainJob['config']} Config */
/** @typedef {(name: string) => Value} Take hands over one reference to a parameter */

/** x [..., in], weight [out, in] @param {Value} x @param {Value} weight */
const linear = (x, weight) => np.matmul(x, np.transpose(weight));

/** @param {Value} x @param {Value} weight @param {number} eps */
const rmsNorm = (x, weight, eps) => {
  const meanSquare = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.div(np.sqrt(meanSquare.add(eps))).mul(weight);
};

/** @param {Value} x [B, T, h] @param {Take} take @param {Config} config */
const attentionLayer = (x, take, { numHeads }) => {
  const [batch, length, hidden] = x.shape;
  const heads = [batch, length, numHeads, hidden / numHeads];
  const project = (/** @type {string} */ name) => linear(x.ref, take(`attn.${name}_proj.weight`));
  const [q, k, v] = ['q', 'k', 'v'].map((name) => project(name).reshape(heads));
  const logFgate = nn.logSigmoid(project('fgate').add(take('attn.fgate_proj.bias')));
  const o = forgettingAttention(q, k, v, logFgate).reshape([batch, length, hidden]);
  x.dispose();
  return linear(o, take('attn.o_proj.weight'));
};

/** @param {Value} x @param {Take} take */
const mlp = (x, take) => {
  const [a, b] = np.split(linear(x, take('mlp.gate_proj.weight')), 2, -1);
  return linear(nn.silu(a).mul(b), take('mlp.down_proj.weight'));
};

/** The gradient of indexing, and `nn.oneHot`, make a [V, V] array (0.1.25): 10 GB at 50,257 words. */
const LARGE_VOCABULARY = 8192;

/** ids i32 [B, T] -> f32 [B, T, V] @param {Value} ids @param {number} vocabSize */
const oneHot = (ids, vocabSize) =>
  np.equal(np.expandDims(ids, -1), np.arange(vocabSize)).astype(np.float32);

/** weight [V, h] -> [B, T, h] @param {Value} weight @param {Value} inputIds @param {number} vocabSize */
const embed = (weight, inputIds, vocabSize) =>
  vocabSize < LARGE_VOCABULARY
    ? weight.slice(inputIds)
    : np.matmul(oneHot(inputIds, vocabSize), weight);

/**
 * Mean nats a token.
 * @param {Params} params given up @param {Value} inputIds i32 [B, T] @param {Value} labels i32 [B, T]
 * @param {Config} config
 */
export const loss = (params, inputIds, labels, config) => {
  const { normEps, vocabSize } = config;
  let x = embed(params['model.embeddings.weight'], inputIds, vocabSize);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    /** @type {Take} */
    const take = (name) => params[`model.layers.${layer}.${name}`];
    x = x.ref.add(attentionLayer(rmsNorm(x, take('attn_norm.weight'), normEps), take, config));
    x = x.ref.add(mlp(rmsNorm(x, take('mlp_norm.weight'), normEps), take));
  }
  const logits = linear(rmsNorm(x, params['model.norm.weight'], normEps), params['lm_head.weight']);
  const chosen = nn.logSoftmax(logits, -1).mul(oneHot(labels, vocabSize));
  return np.mean(np.sum(chosen, -1)).neg();
};
