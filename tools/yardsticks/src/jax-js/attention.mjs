// Forgetting attention by composition: softmax(q kᵀ / √D + D_ij) v with D_ij = Λ_i − Λ_j, Λ = cumsum(log f).
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import { nn, numpy as np, vjp } from '@jax-js/jax';
import { jaxWork } from './work.mjs';

/** @typedef {import('@jax-js/jax').Array} Value */

/**
 * @param {Value} q [B, T, H, D], as k and v @param {Value} k @param {Value} v
 * @param {Value} logFgate [B, T, H]
 * @returns {Value} [B, T, H, D]
 */
export const forgettingAttention = (q, k, v, logFgate) => {
  const logLambda = np.cumsum(np.transpose(logFgate, [0, 2, 1]), 2);
  const bias = np.expandDims(logLambda.ref, 3).sub(np.expandDims(logLambda, 2));
  return nn.dotProductAttention(q, k, v, { bias, isCausal: true });
};

/** @param {import('../../../../apps/bench/src/compare/protocol.ts').AttentionJob} job */
export const attentionWork = (job) => {
  const { batch, length, heads, headDim, dOut } = job;
  const shape = [batch, length, heads, headDim];
  const [q, k, v] = [job.q, job.k, job.v].map((data) => np.array(data, { shape }));
  const logFgate = np.array(job.logFgate, { shape: [batch, length, heads] });
  const inputs = [q, k, v, logFgate];
  if (!dOut) return jaxWork(inputs, (...tensors) => ({ out: forgettingAttention(...tensors) }));
  return jaxWork([...inputs, np.array(dOut, { shape })], (q, k, v, logFgate, dOut) => {
    const [out, pullBack] = vjp(forgettingAttention, [q, k, v, logFgate]);
    const [dq, dk, dv, dLogFgate] = pullBack(dOut);
    pullBack.dispose();
    return { out, dq, dk, dv, dLogFgate };
  });
};
