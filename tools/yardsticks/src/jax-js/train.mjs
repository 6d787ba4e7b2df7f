// A training step: loss and gradients, clip by global norm, AdamW; state is given up and comes back new.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import { blockUntilReady, jit, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { loss } from './model.mjs';

/** @typedef {import('@jax-js/jax').Array} Value */
/** @typedef {Record<string, Value>} Params */
/** @typedef {import('../../../../apps/bench/src/compare/protocol.ts').TrainJob} TrainJob */

/** min(1, maxNorm / ‖grads‖) @param {Params} grads @param {number} maxNorm */
const clipFactor = (grads, maxNorm) => {
  const squares = Object.values(grads).map((grad) => np.sum(np.square(grad.ref)));
  const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
  return np.minimum(np.reciprocal(norm.add(1e-6)).mul(maxNorm), 1);
};

/** @param {TrainJob} job */
const makeStep = ({ config, parameters, optimizer }) => {
  const { learningRate, weightDecay, beta1, beta2, epsilon, maxGradNorm } = optimizer;
  const decays = Object.fromEntries(parameters.map(({ name, isDecayed }) => [name, isDecayed]));
  /** correction [2]: 1 / (1 − βᵗ) of both moments */
  return (
    /** @type {Params} */ params,
    /** @type {Params} */ m,
    /** @type {Params} */ v,
    /** @type {Value} */ correction,
    /** @type {Value} */ inputIds,
    /** @type {Value} */ labels,
  ) => {
    const [value, grads] = valueAndGrad((/** @type {Params} */ learned) =>
      loss(learned, inputIds, labels, config),
    )(tree.ref(params));
    const clip = clipFactor(grads, maxGradNorm);
    const [mScale, vScale] = [correction.ref.slice(0), correction.slice(1)];
    /** @type {{ params: Params, m: Params, v: Params }} */
    const next = { params: {}, m: {}, v: {} };
    for (const name of Object.keys(params)) {
      const grad = grads[name].mul(clip.ref);
      const mean = m[name].mul(beta1).add(grad.ref.mul(1 - beta1));
      const square = v[name].mul(beta2).add(np.square(grad).mul(1 - beta2));
      const step = mean.ref.mul(mScale.ref).div(np.sqrt(square.ref.mul(vScale.ref)).add(epsilon));
      const kept = params[name].mul(decays[name] ? 1 - learningRate * weightDecay : 1);
      next.params[name] = kept.sub(step.mul(learningRate));
      next.m[name] = mean;
      next.v[name] = square;
    }
    for (const used of [clip, mScale, vScale]) used.dispose();
    return { loss: value, ...next };
  };
};

/** @param {TrainJob} job @returns {import('../../../../apps/bench/src/compare/protocol.ts').Work} */
export const trainWork = (job) => {
  const { batch, length, optimizer, checkedUpdates, parameters } = job;
  const upload = (/** @type {(p: typeof parameters[number]) => Value} */ make) =>
    Object.fromEntries(parameters.map((parameter) => [parameter.name, make(parameter)]));
  const zeros = () => upload(({ shape }) => np.zeros([...shape]));
  let state = {
    params: upload(({ data, shape }) => np.array(data, { shape: [...shape] })),
    m: zeros(),
    v: zeros(),
  };
  const tokens = (/** @type {Int32Array} */ ids) =>
    np.array(ids, { shape: [batch, length], dtype: np.int32 });
  const [inputIds, labels] = [tokens(job.inputIds), tokens(job.labels)];
  const compiled = jit(makeStep(job));
  let update = 0;
  /** @returns {Value} loss before the update */
  const step = () => {
    update++;
    const scales = [optimizer.beta1, optimizer.beta2].map((beta) => 1 / (1 - beta ** update));
    const { params, m, v } = state;
    const result = compiled(params, m, v, np.array(scales), inputIds.ref, labels.ref);
    state = { params: result.params, m: result.m, v: result.v };
    return result.loss;
  };
  return {
    async run() {
      const value = step();
      await blockUntilReady(state);
      value.dispose();
    },
    async outputs() {
      const losses = new Float32Array(checkedUpdates);
      for (let i = 0; i < checkedUpdates; i++) losses[i] = (await step().data())[0];
      return { losses };
    },
    dispose() {
      tree.dispose([state, inputIds, labels]);
      compiled.dispose();
    },
  };
};
