// What the scripts of all JavaScript libraries share: reading the job, WebGPU in Node, the timing, the result.
// A script writes its outputs to a file and prints JSON lines: progress, then a result with its times, or failed with the reason.
import { readFileSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';

/** @typedef {import('../../apps/bench/src/compare/job.ts').BaselineJob} BaselineJob */
/** @typedef {import('../../apps/bench/src/compare/job.ts').Work} Work */
/** @typedef {import('../../apps/bench/src/compare/job.ts').Library} Library */
/** @typedef {import('../../apps/bench/src/compare/job.ts').ScriptLine} ScriptLine */

/** Dawn dies if its GPU object is collected. @type {object[]} */
const heldAlive = [];

/** Iterator helpers came with Node 22; jax-js maps over matches. */
const provideIteratorHelpers = () => {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  for (const name of /** @type {const} */ (['map', 'filter'])) {
    prototype[name] ??= /** @this {Iterable<unknown>} */ function (
      /** @type {() => boolean} */ of,
    ) {
      return [...this][name](of).values();
    };
  }
};

/** What the libraries expect of a browser: WebGPU on our Dawn with our toggles, and the marks of a web worker. @param {BaselineJob} job */
const provideWebGpu = async ({ webgpu, toggles }) => {
  const { create, globals } = await import(webgpu);
  Object.assign(globalThis, globals);
  provideIteratorHelpers();
  const gpu = create([...toggles]);
  heldAlive.push(gpu);
  const navigator = { gpu, userAgent: `node ${process.version}`, hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  // tfjs offers WebGPU only in a browser's window or worker.
  Object.assign(globalThis, { WorkerGlobalScope: class WorkerGlobalScope {} });
};

/** The job of the command line, with WebGPU ready: libraries are imported after it. */
export const startJob = async () => {
  const job = /** @type {BaselineJob} */ (deserialize(readFileSync(process.argv[2] ?? '')));
  await provideWebGpu(job);
  return job;
};

/** Values by name, each changed. @template T, R @param {Readonly<Record<string, T>>} from @param {(value: T) => R | Promise<R>} change @returns {Promise<Record<string, R>>} */
export const mapAsync = async (from, change) =>
  Object.fromEntries(
    await Promise.all(Object.entries(from).map(async ([name, of]) => [name, await change(of)])),
  );

/** Losses of so many steps. @param {number} count @param {() => Promise<ArrayLike<number>>} step */
export const readLosses = async (count, step) => {
  const losses = [];
  while (losses.length < count) losses.push(/** @type {number} */ ((await step())[0]));
  return { losses };
};

const MIN_RUNS = 5;
const LONG_RUN_MS = 500;

/**
 * Milliseconds of each run, until the device is idle, after untimed runs for at least `warmMs`.
 * Where one run is long: as many as fit in the time of `runs` runs of half a second, at least 5.
 * @param {Pick<Work, 'run'>} work @param {{ runs: number, warmMs: number }} job @param {() => void} [onRun]
 */
export const timeRuns = async (work, { runs, warmMs }, onRun = () => {}) => {
  const warm = performance.now();
  while (performance.now() - warm < warmMs) await work.run();
  const samples = [];
  let sum = 0;
  while (samples.length < runs && (samples.length < MIN_RUNS || sum < runs * LONG_RUN_MS)) {
    const start = performance.now();
    await work.run();
    const ms = performance.now() - start;
    samples.push(ms);
    sum += ms;
    onRun();
  }
  return samples;
};

/** @param {ScriptLine} line */
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** @param {GPUDevice} device @param {BaselineJob['adapter']} expected */
const assertAdapter = ({ adapterInfo }, expected) => {
  const name = (/** @type {BaselineJob['adapter']} */ of) =>
    [of.vendor, of.architecture, of.device, of.description].filter(Boolean).join(' ');
  if (name(adapterInfo) === name(expected)) return;
  throw new Error(
    `expected our adapter, ${name(expected)}, got ${name(adapterInfo)}; it was not timed`,
  );
};

/** Writes the outputs, times and prints the result; exits, as a library may keep the process alive. @param {BaselineJob} job @param {Library} library */
export const runJob = async (job, { version, device, notes, upload, works }) => {
  /** @type {string[]} */
  const errors = [];
  device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
  const assertNoErrors = () => {
    if (errors.length > 0) throw new Error(`WebGPU rejected a command: ${errors.join(' ')}`);
  };
  try {
    assertAdapter(device, job.adapter);
    const { kind, inputs, training } = job.workload;
    const work = works[kind](await mapAsync(inputs, upload), training);
    const outputs = await work.outputs();
    assertNoErrors();
    writeFileSync(job.outputs, serialize(outputs));
    const onRun = () => print({ type: 'progress', doing: 'timing' });
    onRun();
    const wallMs = await timeRuns(work, job, onRun);
    assertNoErrors();
    print({ type: 'result', version, note: notes[kind], wallMs });
  } catch (error) {
    const why = String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
    print({ type: 'failed', why });
  }
  process.stdout.write('', () => process.exit(0));
};
