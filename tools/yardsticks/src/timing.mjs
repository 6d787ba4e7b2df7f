// The clock of the peers, the same as ours: from the first call to the device's being idle again.

/** @typedef {import('../../../apps/bench/src/compare/protocol.ts').Work} Work */

/**
 * Milliseconds of each of `runs` runs, after untimed ones for at least `warmMs`.
 * @param {Pick<Work, 'run'>} work @param {{ runs: number, warmMs: number }} turn @returns {Promise<number[]>}
 */
export const timeRuns = async (work, { runs, warmMs }) => {
  const warm = performance.now();
  while (performance.now() - warm < warmMs) await work.run();
  const samples = [];
  while (samples.length < runs) {
    const start = performance.now();
    await work.run();
    samples.push(performance.now() - start);
  }
  return samples;
};
