// jax-js as a peer: each job is one jit-compiled function. Its arrays are consumed by use; `.ref` keeps one for another use.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import { defaultDevice, getWebGPUDevice, init, numpy as np } from '@jax-js/jax';
import packageJson from '../package.json' with { type: 'json' };
import { attentionWork } from './jax-js/attention.mjs';
import { trainWork } from './jax-js/train.mjs';
import { jaxWork } from './jax-js/work.mjs';

/** @typedef {import('../../../apps/bench/src/compare/protocol.ts').MatmulJob} MatmulJob */

/** @param {MatmulJob} job */
const matmulWork = ({ m, n, k, a, b }) =>
  jaxWork([np.array(a, { shape: [m, k] }), np.array(b, { shape: [k, n] })], (left, right) => ({
    c: np.matmul(left, right),
  }));

/** @param {import('../../../apps/bench/src/compare/protocol.ts').Job} job @returns {import('../../../apps/bench/src/compare/protocol.ts').Work} */
const prepare = (job) => {
  if (job.kind === 'matmul') return matmulWork(job);
  return job.kind === 'attention' ? attentionWork(job) : trainWork(job);
};

/** @returns {Promise<import('../../../apps/bench/src/compare/protocol.ts').Peer>} */
export const open = async () => {
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js found no WebGPU device');
  defaultDevice('webgpu');
  const notes = {
    matmul: 'jit(numpy.matmul)',
    attention:
      'jit of nn.dotProductAttention with the decay as bias, causal mask; cumsum of the gates within',
    train:
      'jit of valueAndGrad, clip and AdamW in one function; embedding by indexing (a one-hot product from 8,192 words); attention by nn.dotProductAttention with bias',
  };
  const version = packageJson.dependencies['@jax-js/jax'];
  return { version, device: getWebGPUDevice(), notes, prepare };
};
