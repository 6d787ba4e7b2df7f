// The regression guard: this tree against another commit, in runs that take turns on the same machine.

import { formatRegressions, pairRounds, slowerThan } from '@vulpes/bench';
import type { Output } from '../bench.ts';
import { type BaseArguments, type BenchArguments, helpText } from '../options.ts';
import { writeComplaint } from '../outputs.ts';
import { ProgressLine } from '../progress-line.ts';
import { abortOnSignal } from '../stop-signals.ts';
import { checkOutBase, commitOf, ownMain, repositoryOf } from './base-checkout.ts';
import { runSide, type Side, type SideRun } from './child-run.ts';
import { buildComparison, type Comparison, headLine } from './comparison.ts';
import { suitesOf } from './side-options.ts';

export type BaseRun = BenchArguments & { readonly base: BaseArguments };
type Say = (doing: string) => void;

/** @returns exit code: 1 where a case is surely slower than --fail-above allows, or the file could not be written */
export async function compareWithBase(given: BaseRun, stdout: Output): Promise<number> {
  const progress = new ProgressLine(process.stderr);
  const { stop, release } = abortOnSignal('Nothing was compared.');
  try {
    const comparison = await measureBoth(given, stop, (doing) => progress.say(doing));
    progress.clear();
    return conclude(comparison, given.json, stdout);
  } finally {
    release();
  }
}

async function measureBoth(given: BaseRun, stop: AbortSignal, say: Say): Promise<Comparison> {
  const { ref, rounds } = given.base;
  const repository = repositoryOf(import.meta.dirname); // the portable folder is told so first
  const main = ownMain();
  const commit = commitOf(repository, ref);
  say(`building ${ref} (${commit.slice(0, 10)})`);
  const checkout = await checkOutBase(repository, commit, stop);
  try {
    const suites = suitesOf(checkout.help, given.suites, ref);
    const sides: Record<Side['name'], Side> = {
      base: { name: 'base', main: checkout.main, help: checkout.help },
      head: { name: 'head', main, help: helpText() },
    };
    const { base, head } = await alternateSides(rounds, (name, round) => {
      say(`round ${round + 1}/${rounds}: ${name}`);
      return runSide(sides[name], { ...given, suites }, stop);
    });
    const { machine } = head[0] as SideRun;
    const paired = pairRounds(
      base.map(({ times }) => times),
      head.map(({ times }) => times),
      machine,
    );
    return buildComparison(
      paired,
      { base: { ...given.base, commit }, suites, machine },
      new Date(),
    );
  } finally {
    checkout.dispose();
  }
}

/** A B B A A B …: drift of the machine falls on both sides alike. */
export async function alternateSides<T>(
  rounds: number,
  run: (side: Side['name'], round: number) => Promise<T>,
): Promise<Record<Side['name'], T[]>> {
  const runs: Record<Side['name'], T[]> = { base: [], head: [] };
  for (let round = 0; round < rounds; round++) {
    const turns = round % 2 === 0 ? (['base', 'head'] as const) : (['head', 'base'] as const);
    for (const side of turns) runs[side].push(await run(side, round));
  }
  return runs;
}

/** Prints the comparison, writes it where a file was named, and judges it. @returns exit code */
export function conclude(comparison: Comparison, json: string | null, stdout: Output): number {
  const { failAbove } = comparison.settings;
  stdout.write(`${headLine(comparison)}\n\n${formatRegressions(comparison, failAbove)}\n`);
  const isSlower = failAbove !== null && slowerThan(comparison.rows, failAbove).length > 0;
  if (json === null) return isSlower ? 1 : 0;
  const complaint = writeComplaint(json, `${JSON.stringify(comparison, null, 2)}\n`);
  if (complaint === null) stdout.write(`comparison: ${json}\n`);
  else console.error(complaint);
  return isSlower || complaint !== null ? 1 : 0;
}
