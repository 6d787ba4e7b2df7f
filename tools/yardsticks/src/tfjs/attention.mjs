// Forgetting attention by composition: softmax(q kᵀ / √D + D_ij) v with D_ij = Λ_i − Λ_j, Λ = cumsum(log f).
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import * as tf from '@tensorflow/tfjs-core';
import { tfWork } from './work.mjs';

/** @typedef {import('@tensorflow/tfjs-core').Tensor} Tensor */

/** 0 where key j ≤ query i, else −1e30; f32 [T, T]. @param {number} length @returns {Tensor} */
export const causalMask = (length) =>
  tf.tidy(() => {
    const positions = tf.range(0, length, 1, 'float32');
    const isLater = tf.greater(tf.expandDims(positions, 0), tf.expandDims(positions, 1));
    return tf.mul(tf.cast(isLater, 'float32'), -1e30);
  });

/**
 * @param {Tensor} q [B, H, T, D], as k and v @param {Tensor} k @param {Tensor} v
 * @param {Tensor} logFgate [B, H, T]
 * @param {Tensor} mask [T, T]
 * @returns {Tensor} [B, H, T, D]
 */
export const forgettingAttention = (q, k, v, logFgate, mask) => {
  const logLambda = tf.cumsum(logFgate, 2);
  const bias = tf.sub(tf.expandDims(logLambda, 3), tf.expandDims(logLambda, 2));
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3]));
  return tf.matMul(tf.softmax(tf.add(tf.add(scores, bias), mask)), v);
};

/** @param {import('../../../../apps/bench/src/compare/protocol.ts').AttentionJob} job */
export const attentionWork = (job) => {
  const { batch, length, heads, headDim, dOut } = job;
  const headsFirst = (/** @type {Float32Array} */ data, /** @type {number[]} */ tail) =>
    tf.tidy(() => {
      const tensor = tf.tensor(data, [batch, length, heads, ...tail]);
      return tf.transpose(tensor, tail.length ? [0, 2, 1, 3] : [0, 2, 1]);
    });
  const [q, k, v] = [job.q, job.k, job.v].map((data) => headsFirst(data, [headDim]));
  const inputs = [q, k, v, headsFirst(job.logFgate, []), causalMask(length)];
  // What is compared has our layout; the way back is two copies in a run.
  const back = (/** @type {Tensor} */ x) =>
    tf.transpose(x, x.rank === 4 ? [0, 2, 1, 3] : [0, 2, 1]);
  if (!dOut) return tfWork(inputs, (...all) => ({ out: back(forgettingAttention(...all)) }));
  return tfWork([...inputs, headsFirst(dOut, [headDim])], (q, k, v, logFgate, mask, dOut) => {
    /** @type {Tensor | undefined} */
    let out;
    const gradients = tf.grads((/** @type {Tensor[]} */ ...learned) => {
      out = tf.keep(forgettingAttention(...learned, mask));
      return out;
    });
    const [dq, dk, dv, dLogFgate] = gradients([q, k, v, logFgate], dOut);
    const result = {
      out: back(out),
      dq: back(dq),
      dk: back(dk),
      dv: back(dv),
      dLogFgate: back(dLogFgate),
    };
    out.dispose();
    return result;
  });
};
