import { performance } from 'node:perf_hooks';

const LAST_LINES = 60; // of a failed step's output
const QUIET_MS = 10_000; // in a log, where a counter cannot overwrite itself

/** @param {number} milliseconds */
export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

/** A step of set-up that failed; the output that explains it has been shown. */
export class StepError extends Error {}

/**
 * Runs one step: says what it does, and how long it took or why it failed.
 * @param {string} title
 * @param {() => Promise<{ code: number, output: string } | void>} body
 */
export const step = async (title, body) => {
  const start = performance.now();
  const clear = countOn(title);
  const result = await body().finally(clear);
  const took = seconds(performance.now() - start);
  if (!result || result.code === 0) {
    console.error(`vulpes: ${title}: ${took}`);
    return;
  }
  const lines = result.output.trimEnd().split('\n').slice(-LAST_LINES);
  throw new StepError(
    `${lines.join('\n')}\n\nvulpes: ${title} failed (exit code ${result.code}, ${took})`,
  );
};

/**
 * Counts seconds while something works in silence: on a terminal in place, in a log every 10 s.
 * @param {string} title @returns {() => void} ends it
 */
export const countOn = (title) => {
  const start = performance.now();
  const { isTTY } = process.stderr;
  const show = () => {
    const line = `vulpes: ${title} … ${Math.floor((performance.now() - start) / 1000)} s`;
    process.stderr.write(isTTY ? `\r${line}` : `${line}\n`);
  };
  if (isTTY) show();
  const timer = setInterval(show, isTTY ? 1000 : QUIET_MS);
  return () => {
    clearInterval(timer);
    if (isTTY) process.stderr.write('\r\x1b[K');
  };
};
