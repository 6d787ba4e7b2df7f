// Loaded with `--import` by processes that compute on the CPU. While Dawn waits, its binding for Node asks without a pause, by
// setImmediate, whether work has ended, and so takes a core from the adapter that does the work. Here it asks once a millisecond.

const POLL_MS = 1;
const { setImmediate, setTimeout } = globalThis;

/** The binding's callback, unlike those of JavaScript, has no source. @param {Function} callback */
const isNative = (callback) =>
  Function.prototype.toString.call(callback).endsWith('{ [native code] }');

/** @type {any} */ (globalThis).setImmediate = Object.assign(
  /** @param {() => void} callback @param {unknown[]} args */
  (callback, ...args) =>
    isNative(callback)
      ? setTimeout(callback, POLL_MS)
      : setImmediate(callback, .../** @type {[]} */ (args)),
  setImmediate,
);
