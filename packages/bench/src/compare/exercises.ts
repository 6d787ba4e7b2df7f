// What the JavaScript peers are asked to do, from the cases that ran: of each kind those nearest to the usual sizes. Pure.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { CaseReport, NotMeasured } from '../report/report.ts';
import { attentionExercise } from './attention-exercise.ts';
import type { Exercise } from './exercise.ts';
import { matmulExercise } from './matmul-exercise.ts';
import { trainExercise } from './train-exercise.ts';

interface Choice {
  readonly chosen: readonly Exercise[];
  /** What no peer is asked for, and why; one entry a reason. */
  readonly leftOut: readonly Omit<NotMeasured, 'runner'>[];
}

/** A suite that the peers have a part in. */
interface Part {
  /** Of our variants the one that they do. */
  readonly variant: string;
  /** Why not the others. */
  readonly whyOne: string;
  /** Measure of a case: side of a product, tokens of a text. */
  size(of: CaseReport): number;
  /** Of each kind the cases nearest to these sizes are chosen. */
  readonly usual: { readonly hardware: readonly number[]; readonly software: readonly number[] };
  exercise(of: CaseReport): Exercise;
}

const suitesOf = (cases: readonly CaseReport[]): string =>
  [...new Set(cases.map(({ suite }) => suite))].join(', ');

const dim = ({ dims }: CaseReport, name: string): number => dims[name] ?? 1;

const NO_PRUNING = 'it has no pruning, so the dense variant is compared';

const PARTS: Readonly<Record<string, Part>> = {
  matmul: {
    variant: 'nn',
    whyOne: 'one layout is compared, nn',
    size: (of) => Math.cbrt(dim(of, 'M') * dim(of, 'N') * dim(of, 'K')),
    usual: { hardware: [2048, 4096], software: [256] },
    exercise: matmulExercise,
  },
  attention: {
    variant: 'dense',
    whyOne: NO_PRUNING,
    size: (of) => dim(of, 'T'),
    usual: { hardware: [2048], software: [256] },
    exercise: attentionExercise,
  },
  training: {
    variant: 'dense',
    whyOne: NO_PRUNING,
    size: (of) => dim(of, 'T'),
    usual: { hardware: [2048], software: [256] },
    exercise: trainExercise,
  },
};

/** Why a peer has nothing for these. */
const FOREIGN: Readonly<Record<string, string>> = {
  boundary: 'a search of our pruning, which it does not have',
  pruning: 'counts of our pruning, which it does not have',
  decode: 'it has no model that decodes from a cache',
};

/** @param cases that ran: what the command line left out is not compared either */
export function chooseExercises(
  cases: readonly CaseReport[],
  caps: Pick<DeviceCaps, 'isSoftware' | 'limits'>,
): Choice {
  const known = cases.filter(({ suite }) => suite in PARTS);
  const fitting = known.filter((one) => scoreBytes(one) <= mostBytes(caps));
  const kinds = new Set(fitting.map(kindOf));
  const chosen = [...kinds].flatMap((kind) =>
    nearestToUsual(
      fitting.filter((one) => kindOf(one) === kind),
      caps,
    ),
  );
  return {
    chosen: chosen.map((one) => partOf(one).exercise(one)),
    leftOut: [
      ...foreign(cases),
      ...tooLong(known, caps),
      ...otherVariants(chosen),
      ...otherCases(fitting.filter((one) => !chosen.includes(one))),
    ],
  };
}

const partOf = ({ suite }: CaseReport): Part => PARTS[suite] as Part;

/** `attention forward` */
const kindOf = ({ suite, mode }: CaseReport): string => `${suite} ${mode}`;

/** For each usual size the case nearest to it by ratio, the first of equals. */
function nearestToUsual(
  cases: readonly CaseReport[],
  { isSoftware }: Pick<DeviceCaps, 'isSoftware'>,
): CaseReport[] {
  const [first] = cases;
  if (!first) return [];
  const { size, usual } = partOf(first);
  const nearest = usual[isSoftware ? 'software' : 'hardware'].map((wanted) => {
    const distance = (one: CaseReport): number => Math.abs(Math.log(size(one) / wanted));
    return cases.reduce((best, one) => (distance(one) < distance(best) ? one : best));
  });
  return [...new Set(nearest)];
}

/** Of the scores that a composition stores, [B, H, T, T] f32. */
const scoreBytes = (of: CaseReport): number =>
  of.suite === 'matmul' ? 0 : 4 * dim(of, 'B') * heads(of) * dim(of, 'T') ** 2;

const heads = ({ dims: { H, heads: modelHeads } }: CaseReport): number => H ?? modelHeads ?? 1;

const mostBytes = ({ limits }: Pick<DeviceCaps, 'limits'>): number =>
  Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

function tooLong(
  known: readonly CaseReport[],
  caps: Pick<DeviceCaps, 'limits'>,
): Choice['leftOut'] {
  const long = known.filter((one) => scoreBytes(one) > mostBytes(caps));
  if (long.length === 0) return [];
  const least = Math.min(...long.map(scoreBytes));
  const shortest = Math.min(...long.map((one) => dim(one, 'T')));
  return [
    {
      kind: 'did-not-fit',
      case: `${suitesOf(long)} from ${shortest} tokens (${long.length} of our cases)`,
      why: `without a fused kernel the scores of all heads lie in one buffer, ${gigabytes(least)} and more; here a buffer is at most ${gigabytes(mostBytes(caps))}`,
    },
  ];
}

function foreign(cases: readonly CaseReport[]): Choice['leftOut'] {
  const suites = new Set(cases.map(({ suite }) => suite).filter((suite) => !(suite in PARTS)));
  return [...suites].map((suite) => ({
    kind: 'unsupported',
    case: `suite ${suite}`,
    why: FOREIGN[suite] ?? 'it has no such work',
  }));
}

/** One entry a reason. */
function otherVariants(chosen: readonly CaseReport[]): Choice['leftOut'] {
  const reasons = [...new Set(chosen.map((one) => partOf(one).whyOne))];
  return reasons.flatMap((why) => {
    const of = chosen.filter((one) => partOf(one).whyOne === why);
    const names = new Set(of.flatMap(othersOf));
    if (names.size === 0) return [];
    const variants = `variants ${[...names].join(' and ')} of ${suitesOf(of)}`;
    return [{ kind: 'left-out', case: variants, why }];
  });
}

const othersOf = (one: CaseReport): string[] =>
  one.variants.map(({ name }) => name).filter((name) => name !== partOf(one).variant);

function otherCases(others: readonly CaseReport[]): Choice['leftOut'] {
  if (others.length === 0) return [];
  return [
    {
      kind: 'left-out',
      case: `${others.length} more of ${suitesOf(others)}`,
      why: 'of each kind only the size nearest to the usual is compared; choose another with --case',
    },
  ];
}
