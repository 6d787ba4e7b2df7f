// Waiting for tfjs's device, and one function with its tensors as a job.
// @ts-nocheck: the packages, and so their types, are installed only by --compare.
import * as tf from '@tensorflow/tfjs-core';

/** @typedef {import('@tensorflow/tfjs-core').Tensor} Tensor */

/** Sends what the backend has gathered and waits for the device. */
export const finish = async () => {
  const backend = tf.backend();
  backend.endComputePassEncoder();
  if (backend.commandEncoder) backend.submitQueue();
  await backend.queue.onSubmittedWorkDone();
};

/** Reads tensors and frees them. @param {Record<string, Tensor>} tensors */
export const download = async (tensors) => {
  /** @type {Record<string, Float32Array>} */
  const values = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    values[name] = Float32Array.from(await tensor.data());
    tensor.dispose();
  }
  return values;
};

/**
 * @param {readonly Tensor[]} inputs owned by the work
 * @param {(...inputs: Tensor[]) => Record<string, Tensor>} body
 * @returns {import('../../../../apps/bench/src/compare/protocol.ts').Work}
 */
export const tfWork = (inputs, body) => ({
  async run() {
    const outputs = tf.tidy(() => body(...inputs));
    await finish();
    tf.dispose(outputs);
  },
  outputs: () => download(tf.tidy(() => body(...inputs))),
  dispose: () => tf.dispose([...inputs]),
});
