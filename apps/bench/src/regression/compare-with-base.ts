// The regression guard: this tree against another commit, in runs that take turns on the same machine.

import { type CaseTimes, formatRegressions, pairRounds, type Regression } from '@vulpes/bench';
import type { Output } from '../bench.ts';
import type { BaseArguments, BenchArguments } from '../options.ts';
import { ProgressLine } from '../progress-line.ts';
import { checkOutBase, commitOf, ownMain, repositoryOf } from './base-checkout.ts';
import { runSide, type Side, suitesOf } from './child-run.ts';

/** @returns exit code: 1 only where a ratio is above --fail-above */
export async function compareWithBase(
  given: BenchArguments & { readonly base: BaseArguments },
  stdout: Output,
): Promise<number> {
  const { ref, rounds, failAbove } = given.base;
  const main = ownMain();
  const repository = repositoryOf(import.meta.dirname);
  const commit = commitOf(repository, ref);
  const progress = new ProgressLine(process.stderr);
  progress.say(`building ${ref} (${commit.slice(0, 10)})`);
  const checkout = checkOutBase(repository, commit);
  try {
    const suites = suitesOf(checkout.help, given.suites, ref);
    const sides = {
      base: { name: 'base', main: checkout.main, help: checkout.help },
      head: { name: 'head', main, help: OWN_HELP },
    };
    const { base, head } = await takeTurns(sides, { ...given, suites }, rounds, (doing) =>
      progress.say(doing),
    );
    progress.clear();
    const { rows, onlyBase, onlyHead } = pairRounds(base, head);
    stdout.write(`head against ${ref} (${commit.slice(0, 10)}): time of head / time of base\n\n`);
    stdout.write(`${formatRegressions(rows)}\n`);
    for (const name of onlyBase) stdout.write(`only in base: ${name}\n`);
    for (const name of onlyHead) stdout.write(`only in head: ${name}\n`);
    return judge(rows, failAbove, stdout);
  } finally {
    checkout.dispose();
  }
}

/** This version knows every option. */
const OWN_HELP =
  '--json --runs --max-tokens --preset --case --budget-seconds --adapter --kernels --no-peaks ';

/** A B B A A B …: drift of the machine falls on both sides alike. */
async function takeTurns(
  { base, head }: { readonly base: Side; readonly head: Side },
  given: BenchArguments,
  rounds: number,
  say: (doing: string) => void,
): Promise<{ base: CaseTimes[]; head: CaseTimes[] }> {
  const times = { base: [] as CaseTimes[], head: [] as CaseTimes[] };
  for (let round = 0; round < rounds; round++) {
    const turns = round % 2 === 0 ? (['base', 'head'] as const) : (['head', 'base'] as const);
    for (const turn of turns) {
      say(`round ${round + 1}/${rounds}: ${turn}`);
      times[turn].push(await runSide(turn === 'base' ? base : head, given));
    }
  }
  return times;
}

function judge(rows: readonly Regression[], failAbove: number | null, stdout: Output): number {
  if (failAbove === null) return 0;
  const slower = rows.filter(({ ratio }) => ratio.median > failAbove);
  stdout.write(
    slower.length === 0
      ? `No case took more than ${failAbove} times the base.\n`
      : `${slower.length} of ${rows.length} took more than ${failAbove} times the base: ${slower.map(({ name }) => name).join('; ')}.\n`,
  );
  return slower.length === 0 ? 0 : 1;
}
