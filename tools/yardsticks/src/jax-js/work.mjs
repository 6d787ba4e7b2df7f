// One jit-compiled function with its arrays, as a job.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import { blockUntilReady, jit, tree } from '@jax-js/jax';

/** @typedef {import('@jax-js/jax').Array} Value */

/**
 * @param {readonly Value[]} inputs owned by the work
 * @param {(...inputs: Value[]) => Record<string, Value>} body
 * @returns {import('../../../../apps/bench/src/compare/protocol.ts').Work}
 */
export const jaxWork = (inputs, body) => {
  const compiled = jit(body);
  const once = () => compiled(...inputs.map((input) => input.ref));
  return {
    async run() {
      const outputs = once();
      await blockUntilReady(outputs);
      tree.dispose(outputs);
    },
    outputs: () => download(once()),
    dispose() {
      tree.dispose([...inputs]);
      compiled.dispose();
    },
  };
};

/** Reads arrays and gives them up. @param {Record<string, Value>} arrays */
export const download = async (arrays) => {
  /** @type {Record<string, Float32Array>} */
  const values = {};
  for (const [name, array] of Object.entries(arrays)) {
    values[name] = Float32Array.from(/** @type {Float32Array} */ (await array.data()));
  }
  return values;
};
