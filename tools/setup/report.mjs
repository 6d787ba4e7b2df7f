import { performance } from 'node:perf_hooks';

const LAST_LINES = 60; // of a failed step's output

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

/** On a terminal, a counter of seconds until the step ends. @param {string} title */
const countOn = (title) => {
  if (!process.stderr.isTTY) return () => {};
  const start = performance.now();
  const show = () =>
    process.stderr.write(
      `\rvulpes: ${title} … ${Math.floor((performance.now() - start) / 1000)} s`,
    );
  show();
  const timer = setInterval(show, 1000);
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\x1b[K');
  };
};
