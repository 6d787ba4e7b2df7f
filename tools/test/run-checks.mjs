import { performance } from 'node:perf_hooks';
import { Interrupted } from '../setup/child.mjs';
import { StepError, seconds } from '../setup/report.mjs';
import { checks } from './checks.mjs';
import { FAILED, line, total } from './counts.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */
/** @typedef {import('./checks.mjs').Check} Check */

/**
 * A check that could not even run has failed; the others still run.
 * @param {Check} check @returns {Promise<Counts>}
 */
const runCheck = async (check) => {
  try {
    return await check.run();
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    console.log(error instanceof StepError ? error.message : error);
    return FAILED;
  }
};

const usage = () =>
  [
    'usage: npm run check [-- CHECK…]   (without CHECK: all but those in brackets)',
    ...checks.map(({ name, description, isOptional }) => {
      const shown = isOptional ? `[${name}]` : name;
      return `  ${shown.padEnd(18)}${description}`;
    }),
  ].join('\n');

/** @param {readonly string[]} names @returns {Check[] | null} null for an unknown name */
const chosen = (names) => {
  if (names.length === 0) return checks.filter(({ isOptional }) => !isOptional);
  const found = checks.filter(({ name }) => names.includes(name));
  return found.length === new Set(names).size ? found : null;
};

/**
 * Runs the checks named, or all; goes on after a failure; ends with one line 'N passed, N failed'.
 * @param {readonly string[]} names @returns {Promise<number>} exit code
 */
export const runChecks = async (names) => {
  const wanted = chosen(names);
  if (!wanted) {
    console.error(usage());
    return 2;
  }
  /** @type {{ name: string, took: string, counts: Counts }[]} */
  const results = [];
  for (const [index, check] of wanted.entries()) {
    console.log(`\n── ${index + 1} of ${wanted.length}: ${check.name}, ${check.description}`);
    const start = performance.now();
    const counts = await runCheck(check);
    results.push({ name: check.name, took: seconds(performance.now() - start), counts });
  }
  const sum = total(results.map(({ counts }) => counts));
  console.log('');
  for (const { name, took, counts } of results) {
    const mark = counts.failed > 0 ? 'FAIL' : counts.passed > 0 ? 'ok' : 'SKIP';
    console.log(`${mark.padEnd(5)} ${name.padEnd(15)} ${took.padStart(8)}  ${line(counts)}`);
  }
  console.log(`\n${line(sum)}`);
  return sum.failed > 0 ? 1 : 0;
};
