// jax-js: node jax-js.mjs JOB. Each workload is one jit-compiled function.
// Its arrays are consumed by use; `.ref` keeps one for another use. FoX (LLaMA) has the official parameter names.
// @ts-nocheck: the package, and so its types, is installed only by --compare.
import packageJson from './package.json' with { type: 'json' };
import { mapAsync, readLosses, runJob, startJob } from './shared.mjs';

const job = await startJob();
const {
  blockUntilReady,
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  nn,
  numpy,
  tree,
  valueAndGrad,
  vjp,
} = await import('@jax-js/jax');
const np = numpy;

const upload = ({ shape, data }) =>
  np.array(data, { shape: [...shape], ...(data instanceof Int32Array && { dtype: np.int32 }) });

/** @param inputs arrays by name @param body (arrays by name) => arrays by name */
const compiledWork = (inputs, body) => {
  const compiled = jit(body);
  const once = () => compiled(tree.ref(inputs));
  return {
    async run() {
      const outputs = once();
      await blockUntilReady(outputs);
      tree.dispose(outputs);
    },
    outputs: () => mapAsync(once(), (array) => array.data()),
  };
};

const matmulWork = (inputs) => compiledWork(inputs, ({ a, b }) => ({ c: np.matmul(a, b) }));

/** softmax(q kᵀ / √D + Λ_i − Λ_j) v with Λ = cumsum(log f). q, k, v [B, T, H, D], logFgate [B, T, H] -> [B, T, H, D] */
const forgettingAttention = (q, k, v, logFgate) => {
  const logLambda = np.cumsum(np.transpose(logFgate, [0, 2, 1]), 2);
  const bias = np.expandDims(logLambda.ref, 3).sub(np.expandDims(logLambda, 2));
  return nn.dotProductAttention(q, k, v, { bias, isCausal: true });
};

const attentionWork = (inputs) =>
  compiledWork(inputs, ({ q, k, v, logFgate, dOut }) => {
    if (!dOut) return { out: forgettingAttention(q, k, v, logFgate) };
    const [out, pullBack] = vjp(forgettingAttention, [q, k, v, logFgate]);
    const [dq, dk, dv, dLogFgate] = pullBack(dOut);
    pullBack.dispose();
    return { out, dq, dk, dv, dLogFgate };
  });

/** x [..., in], weight [out, in] */
const linear = (x, weight) => np.matmul(x, np.transpose(weight));

const rmsNorm = (x, weight, eps) => {
  const meanSquare = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.div(np.sqrt(meanSquare.add(eps))).mul(weight);
};

/** x [B, T, h]; `take` hands over one reference to a parameter */
const attentionLayer = (x, take, { numHeads }) => {
  const [batch, length, hidden] = x.shape;
  const heads = [batch, length, numHeads, hidden / numHeads];
  const project = (name) => linear(x.ref, take(`attn.${name}_proj.weight`));
  const [q, k, v] = ['q', 'k', 'v'].map((name) => project(name).reshape(heads));
  const logFgate = nn.logSigmoid(project('fgate').add(take('attn.fgate_proj.bias')));
  const o = forgettingAttention(q, k, v, logFgate).reshape([batch, length, hidden]);
  x.dispose();
  return linear(o, take('attn.o_proj.weight'));
};

const mlp = (x, take) => {
  const [a, b] = np.split(linear(x, take('mlp.gate_proj.weight')), 2, -1);
  return linear(nn.silu(a).mul(b), take('mlp.down_proj.weight'));
};

/** The gradient of indexing, and `nn.oneHot`, make a [V, V] array (0.1.25): 10 GB at 50,257 words. */
const LARGE_VOCABULARY = 8192;

/** ids i32 [B, T] -> f32 [B, T, V] */
const oneHot = (ids, vocabSize) =>
  np.equal(np.expandDims(ids, -1), np.arange(vocabSize)).astype(np.float32);

/** weight [V, h] -> [B, T, h] */
const embed = (weight, inputIds, vocabSize) =>
  vocabSize < LARGE_VOCABULARY
    ? weight.slice(inputIds)
    : np.matmul(oneHot(inputIds, vocabSize), weight);

/** Mean nats a token; inputIds and labels i32 [B, T] */
const lossOf = (params, inputIds, labels, config) => {
  const { normEps, vocabSize } = config;
  let x = embed(params['model.embeddings.weight'], inputIds, vocabSize);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const take = (name) => params[`model.layers.${layer}.${name}`];
    x = x.ref.add(attentionLayer(rmsNorm(x, take('attn_norm.weight'), normEps), take, config));
    x = x.ref.add(mlp(rmsNorm(x, take('mlp_norm.weight'), normEps), take));
  }
  const logits = linear(rmsNorm(x, params['model.norm.weight'], normEps), params['lm_head.weight']);
  const chosen = nn.logSoftmax(logits, -1).mul(oneHot(labels, vocabSize));
  return np.mean(np.sum(chosen, -1)).neg();
};

/** min(1, maxNorm / ‖grads‖) */
const clipFactor = (grads, maxNorm) => {
  const squares = Object.values(grads).map((grad) => np.sum(np.square(grad.ref)));
  const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
  return np.minimum(np.reciprocal(norm.add(1e-6)).mul(maxNorm), 1);
};

/** Loss and gradients, clip, AdamW; correction [2]: 1 / (1 − βᵗ) of both moments */
const makeStep = ({ config, parameters, optimizer }) => {
  const { learningRate, weightDecay, beta1, beta2, epsilon, maxGradNorm } = optimizer;
  const decays = Object.fromEntries(parameters.map(({ name, isDecayed }) => [name, isDecayed]));
  return (params, m, v, correction, inputIds, labels) => {
    const [loss, grads] = valueAndGrad((learned) => lossOf(learned, inputIds, labels, config))(
      tree.ref(params),
    );
    const clip = clipFactor(grads, maxGradNorm);
    const [mScale, vScale] = [correction.ref.slice(0), correction.slice(1)];
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
    return { loss, ...next };
  };
};

const trainWork = ({ inputIds, labels }, { optimizer, checkedUpdates, ...model }) => {
  const byName = (make) => Object.fromEntries(model.parameters.map((one) => [one.name, make(one)]));
  const zeros = () => byName(({ shape }) => np.zeros([...shape]));
  let state = { params: byName(upload), m: zeros(), v: zeros() };
  const compiled = jit(makeStep({ optimizer, ...model }));
  let update = 0;
  /** @returns loss before the update */
  const step = () => {
    update++;
    const scales = [optimizer.beta1, optimizer.beta2].map((beta) => 1 / (1 - beta ** update));
    const { params, m, v } = state;
    const { loss, ...next } = compiled(params, m, v, np.array(scales), inputIds.ref, labels.ref);
    state = next;
    return loss;
  };
  return {
    async run() {
      const value = step();
      await blockUntilReady(state);
      value.dispose();
    },
    outputs: () => readLosses(checkedUpdates, () => step().data()),
  };
};

if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js found no WebGPU device');
defaultDevice('webgpu');
await runJob(job, {
  version: packageJson.dependencies['@jax-js/jax'],
  device: getWebGPUDevice(),
  notes: {
    matmul: 'jit(numpy.matmul)',
    attention:
      'jit of nn.dotProductAttention with the decay as bias, causal mask; cumsum of the gates within',
    train:
      'jit of valueAndGrad, clip and AdamW in one function; embedding by indexing (a one-hot product from 8,192 words); attention by nn.dotProductAttention with bias',
  },
  upload,
  works: { matmul: matmulWork, attention: attentionWork, train: trainWork },
});
