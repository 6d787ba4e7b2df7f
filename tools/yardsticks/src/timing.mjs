// The clock of the peers, the same as ours: from the first call to the device's being idle again.

/** @typedef {import('../../../apps/bench/src/compare/protocol.ts').Work} Work */
/** @typedef {{ runs: number, warmMs: number, maxMs: number }} TimeSettings */

/**
 * Milliseconds of each run, after at least `warmMs` of the same work; fewer runs where they would take longer than `maxMs`.
 * @param {Work} work @param {TimeSettings} settings @returns {Promise<number[]>}
 */
export const timeRuns = async (work, { runs, warmMs, maxMs }) => {
  const once = async () => {
    const start = performance.now();
    await work.run();
    return performance.now() - start;
  };
  const start = performance.now();
  do await once();
  while (performance.now() - start < warmMs);
  const samples = [await once()];
  const timed = performance.now();
  while (samples.length < runs && performance.now() - timed < maxMs) samples.push(await once());
  return samples;
};
