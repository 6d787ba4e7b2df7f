import { performance } from 'node:perf_hooks';
import { Interrupted } from '../setup/child.mjs';
import { StepError, seconds } from '../setup/report.mjs';
import { FAILED, line, total } from './counts.mjs';
import { pieces } from './pieces.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */
/** @typedef {import('./pieces.mjs').Piece} Piece */

/**
 * A piece that could not even run has failed; the others still run.
 * @param {Piece} piece @returns {Promise<Counts>}
 */
const runPiece = async (piece) => {
  try {
    return await piece.run();
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    console.log(error instanceof StepError ? error.message : error);
    return FAILED;
  }
};

const usage = () =>
  [
    'usage: npm run check [-- PIECE…]   (without PIECE: all but those in brackets)',
    ...pieces.map(({ name, does, isExtra }) => {
      const shown = isExtra ? `[${name}]` : name;
      return `  ${shown.padEnd(13)}${does}`;
    }),
  ].join('\n');

/** @param {readonly string[]} names @returns {Piece[] | null} null for an unknown name */
const chosen = (names) => {
  if (names.length === 0) return pieces.filter(({ isExtra }) => !isExtra);
  const found = pieces.filter(({ name }) => names.includes(name));
  return found.length === new Set(names).size ? found : null;
};

/**
 * Runs the pieces named, or all; goes on after a failure; ends with one line 'N passed, N failed'.
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
  for (const piece of wanted) {
    console.log(`\n── ${piece.name}: ${piece.does}`);
    const start = performance.now();
    const counts = await runPiece(piece);
    results.push({ name: piece.name, took: seconds(performance.now() - start), counts });
  }
  const sum = total(results.map(({ counts }) => counts));
  console.log('');
  for (const { name, took, counts } of results) {
    const mark = counts.failed > 0 ? 'FAIL' : 'ok';
    console.log(`${mark.padEnd(5)} ${name.padEnd(11)} ${took.padStart(8)}  ${line(counts)}`);
  }
  console.log(`\n${line(sum)}`);
  return sum.failed > 0 ? 1 : 0;
};
