// TensorFlow.js as a peer, on its WebGPU backend.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-webgpu';
import { attentionWork } from './tfjs/attention.mjs';
import { trainWork } from './tfjs/train.mjs';
import { tfWork } from './tfjs/work.mjs';

/** @param {import('../../../apps/bench/src/compare/protocol.ts').MatmulJob} job */
const matmulWork = ({ m, n, k, a, b }) =>
  tfWork([tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n])], (left, right) => ({
    c: tf.matMul(left, right),
  }));

/** @param {import('../../../apps/bench/src/compare/protocol.ts').Job} job @returns {import('../../../apps/bench/src/compare/protocol.ts').Work} */
const prepare = (job) => {
  if (job.kind === 'matmul') return matmulWork(job);
  return job.kind === 'attention' ? attentionWork(job) : trainWork(job);
};

/** @returns {Promise<import('../../../apps/bench/src/compare/protocol.ts').Peer>} */
export const open = async () => {
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs could not open its WebGPU backend');
  await tf.ready();
  const notes = {
    matmul: 'tf.matMul',
    attention:
      'tf.matMul, decay bias and mask added, tf.softmax, tf.matMul on [B, H, T, D]; cumsum of the gates within',
    train:
      'tf.variableGrads, clip and AdamW by composition; embedding by tf.gather; attention by composition',
  };
  return { version: tf.version_core, device: tf.backend().device, notes, prepare };
};
