// Process of one peer: answers `start`, then `check` and `time` for each job, one reply a request.
import { provideWebGpu } from './globals.mjs';
import { timeRuns } from './timing.mjs';

/** @typedef {import('../../../apps/bench/src/compare/protocol.ts').Peer} Peer */
/** @typedef {import('../../../apps/bench/src/compare/protocol.ts').Work} Work */
/** @typedef {import('../../../apps/bench/src/compare/protocol.ts').Request} Request */
/** @typedef {import('../../../apps/bench/src/compare/protocol.ts').Reply} Reply */

/** @type {Peer | undefined} */
let peer;
/** @type {Work | undefined} */
let work;

/** What the GPU complained of: its results are not to be trusted. @type {string[]} */
const complaints = [];

/** @param {GPUDevice} device */
const listen = (device) =>
  device.addEventListener('uncapturederror', ({ error }) => complaints.push(error.message));

/** @param {import('../../../apps/bench/src/compare/protocol.ts').Start} request @returns {Promise<Reply>} */
const start = async ({ peer: name, webgpu, toggles }) => {
  await provideWebGpu({ webgpu, toggles });
  const module = await import(new URL(`./${name}.mjs`, import.meta.url).href);
  const opened = /** @type {Peer} */ (await module.open());
  peer = opened;
  listen(opened.device);
  const { vendor, architecture, device, description } = opened.device.adapterInfo;
  const adapter = { vendor, architecture, device, description };
  return { type: 'ready', adapter, version: opened.version };
};

/** @param {import('../../../apps/bench/src/compare/protocol.ts').Check} request @returns {Promise<Reply>} */
const check = async ({ job }) => {
  if (!peer) throw new Error('a job before the start');
  work?.dispose();
  work = undefined;
  work = peer.prepare(job);
  return { type: 'outputs', outputs: await work.outputs(), note: peer.notes[job.kind] };
};

/** @param {Request} request @returns {Promise<Reply>} */
const answer = async (request) => {
  if (request.type === 'start') return start(request);
  if (request.type === 'check') return check(request);
  if (!work) throw new Error('times before a check');
  return { type: 'times', ms: await timeRuns(work, request) };
};

/** @param {Request} request @returns {Promise<Reply>} */
const checkedAnswer = async (request) => {
  const reply = await answer(request);
  if (complaints.length === 0) return reply;
  throw new Error(`WebGPU rejected a command: ${complaints.join(' ')}`);
};

/** @param {unknown} error */
const firstLine = (error) => String(error instanceof Error ? error.message : error).split('\n')[0];

process.on('message', async (/** @type {Request} */ request) => {
  /** @type {Reply} */
  const reply = await checkedAnswer(request).catch((error) => ({
    type: 'failed',
    reason: firstLine(error) ?? '',
  }));
  process.send?.(reply);
});
// Ends with the benchmark, however that ends.
process.on('disconnect', () => process.exit(0));
