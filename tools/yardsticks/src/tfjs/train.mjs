// A training step: loss and gradients, clip by global norm, AdamW on tfjs variables.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import * as tf from '@tensorflow/tfjs-core';
import { causalMask } from './attention.mjs';
import { loss } from './model.mjs';
import { finish } from './work.mjs';

/** @typedef {import('@tensorflow/tfjs-core').Tensor} Tensor */
/** @typedef {import('@tensorflow/tfjs-core').Variable} Variable */
/** @typedef {import('../../../../apps/bench/src/compare/protocol.ts').TrainJob} TrainJob */
/** @typedef {{ param: Variable, m: Variable, v: Variable, isDecayed: boolean }} Learned */

/** min(1, maxNorm / ‖grads‖) @param {readonly Tensor[]} grads @param {number} maxNorm */
const clipFactor = (grads, maxNorm) => {
  const squares = grads.map((grad) => tf.sum(tf.square(grad)));
  // tf.addN would bind every one of them to one kernel, more than a device allows.
  const norm = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square)));
  return tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
};

/** @param {Learned} learned @param {Tensor} grad clipped @param {TrainJob['optimizer']} settings @param {number} update */
const adamW = ({ param, m, v, isDecayed }, grad, settings, update) => {
  const { learningRate, weightDecay, beta1, beta2, epsilon } = settings;
  m.assign(tf.add(tf.mul(m, beta1), tf.mul(grad, 1 - beta1)));
  v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(grad), 1 - beta2)));
  const mean = tf.mul(m, 1 / (1 - beta1 ** update));
  const square = tf.mul(v, 1 / (1 - beta2 ** update));
  const step = tf.mul(tf.div(mean, tf.add(tf.sqrt(square), epsilon)), learningRate);
  const kept = isDecayed ? tf.mul(param, 1 - learningRate * weightDecay) : param;
  param.assign(tf.sub(kept, step));
};

/** @param {TrainJob['parameters']} parameters @returns {Record<string, Learned>} */
const upload = (parameters) => {
  const variable = (/** @type {Tensor} */ from) => {
    const made = tf.variable(from);
    from.dispose();
    return made;
  };
  return Object.fromEntries(
    parameters.map(({ name, shape, data, isDecayed }) => [
      name,
      {
        param: variable(tf.tensor(data, shape)),
        m: variable(tf.zeros(shape)),
        v: variable(tf.zeros(shape)),
        isDecayed,
      },
    ]),
  );
};

/** @param {TrainJob} job @returns {import('../../../../apps/bench/src/compare/protocol.ts').Work} */
export const trainWork = (job) => {
  const { batch, length, config, optimizer } = job;
  const learned = upload(job.parameters);
  const params = Object.fromEntries(
    Object.entries(learned).map(([name, { param }]) => [name, param]),
  );
  const mask = causalMask(length);
  const inputIds = tf.tensor1d(job.inputIds, 'int32');
  const labels = tf.tidy(() =>
    tf.cast(tf.oneHot(tf.tensor1d(job.labels, 'int32'), config.vocabSize), 'float32'),
  );
  let update = 0;
  /** @returns {Tensor} loss before the update */
  const step = () =>
    tf.tidy(() => {
      update++;
      const { value, grads } = tf.variableGrads(
        () => loss(params, inputIds, labels, config, { batch, length, mask }),
        Object.values(params),
      );
      const clip = clipFactor(Object.values(grads), optimizer.maxGradNorm);
      for (const entry of Object.values(learned)) {
        adamW(entry, tf.mul(grads[entry.param.name], clip), optimizer, update);
      }
      return value;
    });
  return {
    async run() {
      const value = step();
      await finish();
      value.dispose();
    },
    async outputs() {
      const losses = new Float32Array(job.checkedUpdates);
      for (let i = 0; i < losses.length; i++) {
        const value = step();
        losses[i] = (await value.data())[0];
        value.dispose();
      }
      return { losses };
    },
    dispose() {
      for (const { param, m, v } of Object.values(learned)) tf.dispose([param, m, v]);
      tf.dispose([mask, inputIds, labels]);
    },
  };
};
