// TensorFlow.js on its WebGPU backend: node tfjs.mjs JOB. FoX (LLaMA) has the official parameter names.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import { mapAsync, readLosses, runJob, startJob } from './shared.mjs';

const job = await startJob();
const tf = await import('@tensorflow/tfjs-core');
await import('@tensorflow/tfjs-core/dist/register_all_gradients');
await import('@tensorflow/tfjs-backend-webgpu');

/** Sends what the backend has gathered and waits for the device. */
const finish = async () => {
  const backend = tf.backend();
  backend.endComputePassEncoder();
  if (backend.commandEncoder) backend.submitQueue();
  await backend.queue.onSubmittedWorkDone();
};

const upload = ({ shape, data }) =>
  tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');

/** @param inputs tensors by name @param body (tensors by name) => tensors by name */
const tidyWork = (inputs, body) => {
  const once = () => tf.tidy(() => body(inputs));
  return {
    async run() {
      const outputs = once();
      await finish();
      tf.dispose(outputs);
    },
    outputs: () => mapAsync(once(), (tensor) => tensor.data()),
  };
};

const matmulWork = (inputs) => tidyWork(inputs, ({ a, b }) => ({ c: tf.matMul(a, b) }));

/** 0 where key j ≤ query i, else −1e30; f32 [T, T] */
const causalMask = (length) =>
  tf.tidy(() => {
    const positions = tf.range(0, length, 1, 'float32');
    const isLater = tf.greater(tf.expandDims(positions, 0), tf.expandDims(positions, 1));
    return tf.mul(tf.cast(isLater, 'float32'), -1e30);
  });

/** softmax(q kᵀ / √D + Λ_i − Λ_j) v with Λ = cumsum(log f). q, k, v [B, H, T, D], logFgate [B, H, T] -> [B, H, T, D] */
const forgettingAttention = (q, k, v, logFgate, mask) => {
  const logLambda = tf.cumsum(logFgate, 2);
  const bias = tf.sub(tf.expandDims(logLambda, 3), tf.expandDims(logLambda, 2));
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3]));
  return tf.matMul(tf.softmax(tf.add(tf.add(scores, bias), mask)), v);
};

/** [B, T, H, …] <-> [B, H, T, …] */
const swapHeads = (x) => tf.transpose(x, x.rank === 4 ? [0, 2, 1, 3] : [0, 2, 1]);

const attentionWork = (given) => {
  const headsFirst = Object.entries(given).map(([name, x]) => [name, swapHeads(x)]);
  const mask = causalMask(given.q.shape[1]);
  // What is compared has our layout: a copy of each output in a run.
  return tidyWork(Object.fromEntries(headsFirst), ({ q, k, v, logFgate, dOut }) => {
    if (!dOut) return { out: swapHeads(forgettingAttention(q, k, v, logFgate, mask)) };
    let out;
    const gradients = tf.grads((...learned) => {
      out = tf.keep(forgettingAttention(...learned, mask));
      return out;
    });
    const [dq, dk, dv, dLogFgate] = gradients([q, k, v, logFgate], dOut).map(swapHeads);
    const result = { out: swapHeads(out), dq, dk, dv, dLogFgate };
    out.dispose();
    return result;
  });
};

/** x [N, in], weight [out, in] */
const linear = (x, weight) => tf.matMul(x, weight, false, true);

/** tf.logSigmoid does not keep its input for its gradient (4.22.0), which then fails. */
const logSigmoid = (x) => tf.neg(tf.softplus(tf.neg(x)));

const rmsNorm = (x, weight, eps) => {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps))), weight);
};

/** x [B T, h]; `at` gives a parameter */
const attentionLayer = (x, at, { hiddenSize, numHeads }, { batch, length, mask }) => {
  const split = (x, tail) => swapHeads(tf.reshape(x, [batch, length, numHeads, ...tail]));
  const [q, k, v] = ['q', 'k', 'v'].map((name) =>
    split(linear(x, at(`attn.${name}_proj.weight`)), [hiddenSize / numHeads]),
  );
  const gate = tf.add(linear(x, at('attn.fgate_proj.weight')), at('attn.fgate_proj.bias'));
  const o = forgettingAttention(q, k, v, split(logSigmoid(gate), []), mask);
  const merged = tf.reshape(swapHeads(o), [batch * length, hiddenSize]);
  return linear(merged, at('attn.o_proj.weight'));
};

const mlp = (x, at) => {
  const [a, b] = tf.split(linear(x, at('mlp.gate_proj.weight')), 2, -1);
  return linear(tf.mul(tf.mul(a, tf.sigmoid(a)), b), at('mlp.down_proj.weight'));
};

/** Mean nats a token; inputIds i32 [B T], labels f32 [B T, V], one-hot */
const lossOf = (params, inputIds, labels, config, layout) => {
  const { normEps } = config;
  let x = tf.gather(params['model.embeddings.weight'], inputIds);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const at = (name) => params[`model.layers.${layer}.${name}`];
    x = tf.add(x, attentionLayer(rmsNorm(x, at('attn_norm.weight'), normEps), at, config, layout));
    x = tf.add(x, mlp(rmsNorm(x, at('mlp_norm.weight'), normEps), at));
  }
  const logits = linear(rmsNorm(x, params['model.norm.weight'], normEps), params['lm_head.weight']);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), -1)));
};

/** min(1, maxNorm / ‖grads‖) */
const clipFactor = (grads, maxNorm) => {
  const squares = grads.map((grad) => tf.sum(tf.square(grad)));
  // tf.addN would bind every one of them to one kernel, more than a device allows.
  const norm = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square)));
  return tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
};

/** One parameter; grad is clipped */
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

const variable = (from) => {
  const made = tf.variable(from);
  from.dispose();
  return made;
};

const trainWork = (tokens, { config, parameters, optimizer, checkedUpdates }) => {
  const [batch, length] = tokens.inputIds.shape;
  const learned = parameters.map(({ name, isDecayed, ...initial }) => {
    const [m, v] = [0, 1].map(() => variable(tf.zeros(initial.shape)));
    return { name, param: variable(upload(initial)), m, v, isDecayed };
  });
  const params = Object.fromEntries(learned.map(({ name, param }) => [name, param]));
  const inputIds = tf.reshape(tokens.inputIds, [-1]);
  const labels = tf.tidy(() =>
    tf.cast(tf.oneHot(tf.reshape(tokens.labels, [-1]), config.vocabSize), 'float32'),
  );
  const layout = { batch, length, mask: causalMask(length) };
  let update = 0;
  /** @returns loss before the update */
  const step = () =>
    tf.tidy(() => {
      update++;
      const { value, grads } = tf.variableGrads(
        () => lossOf(params, inputIds, labels, config, layout),
        Object.values(params),
      );
      const clip = clipFactor(Object.values(grads), optimizer.maxGradNorm);
      for (const entry of learned)
        adamW(entry, tf.mul(grads[entry.param.name], clip), optimizer, update);
      return value;
    });
  return {
    async run() {
      const value = step();
      await finish();
      value.dispose();
    },
    outputs: () => readLosses(checkedUpdates, () => step().data()),
  };
};

if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs could not open its WebGPU backend');
await tf.ready();
await runJob(job, {
  version: tf.version_core,
  device: tf.backend().device,
  notes: {
    matmul: 'tf.matMul',
    attention:
      'tf.matMul, decay bias and mask added, tf.softmax, tf.matMul on [B, H, T, D]; cumsum of the gates within',
    train:
      'tf.variableGrads, clip and AdamW by composition; embedding by tf.gather; attention by composition',
  },
  upload,
  works: { matmul: matmulWork, attention: attentionWork, train: trainWork },
});
