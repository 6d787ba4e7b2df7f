// What the peers expect of a browser, given to Node: WebGPU on our Dawn with our toggles, the marks of a web worker,
// and iterators with helpers.

/** Dawn dies if its GPU object is collected. @type {object[]} */
const heldAlive = [];

const helpers = {
  /** @this {Iterable<unknown>} @param {(item: unknown) => unknown} change */
  *map(change) {
    for (const item of this) yield change(item);
  },
  /** @this {Iterable<unknown>} @param {(item: unknown) => boolean} accepts */
  *filter(accepts) {
    for (const item of this) if (accepts(item)) yield item;
  },
};

/** Iterator helpers came with Node 22; jax-js maps over matches. */
const provideIteratorHelpers = () => {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  for (const [name, value] of Object.entries(helpers)) {
    if (name in prototype) continue;
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  }
};

/** @param {{ webgpu: string, toggles: readonly string[] }} dawn URL of npm `webgpu`, and the options of its `create` */
export const provideWebGpu = async ({ webgpu, toggles }) => {
  const { create, globals } = await import(webgpu);
  Object.assign(globalThis, globals);
  provideIteratorHelpers();
  const gpu = create([...toggles]);
  heldAlive.push(gpu);
  const navigator = { gpu, userAgent: `node ${process.version}`, hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  // tfjs offers WebGPU only where it believes to be in a browser: a window or a worker.
  Object.assign(globalThis, { WorkerGlobalScope: class WorkerGlobalScope {} });
};
