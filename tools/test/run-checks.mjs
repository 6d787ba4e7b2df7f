import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Interrupted, runTool } from '../setup/child.mjs';
import { root } from '../setup/paths.mjs';
import { countOn, StepError, seconds } from '../setup/report.mjs';
import { checks } from './checks.mjs';
import { countsIn, FAILED, line, total, withExitCode } from './counts.mjs';

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

/** @typedef {{ name: string, took: string, counts: Counts }} Result */

/** @param {Check} check @param {() => Promise<Counts>} run @returns {Promise<Result>} */
const timed = async ({ name }, run) => {
  const start = performance.now();
  const counts = await run();
  return { name, took: seconds(performance.now() - start), counts };
};

/** In a process of its own; what it prints stands together, when it has ended. @param {Check} check */
const runApart = async ({ name }) => {
  const command = /** @type {const} */ ([process.execPath, join(root, 'tools', 'run.mjs')]);
  const { code, output } = await runTool([...command, 'check', name], { cwd: root });
  console.log(output.trimEnd());
  return withExitCode(countsIn(output), code);
};

/** @param {readonly Check[]} group @returns {Promise<Result[]>} */
const runGroup = async (group) => {
  const [first] = group;
  if (group.length === 1 && first) return [await timed(first, () => runCheck(first))];
  const names = group.map(({ name }) => name).join(', ');
  const all = group.map((check) => timed(check, () => runApart(check)));
  return Promise.all(all).finally(countOn(names));
};

/** @param {readonly Check[]} wanted @returns {Check[][]} */
const toGroups = (wanted) => {
  /** @type {Check[][]} */
  const groups = [];
  for (const check of wanted) {
    const last = groups.at(-1);
    if (check.beside && last?.[0]?.beside === check.beside) last.push(check);
    else groups.push([check]);
  }
  return groups;
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
  /** @type {Result[]} */
  const results = [];
  for (const group of toGroups(wanted)) {
    for (const check of group) {
      const place = `${wanted.indexOf(check) + 1} of ${wanted.length}`;
      console.log(`\n── ${place}: ${check.name}, ${check.description}`);
    }
    results.push(...(await runGroup(group)));
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
