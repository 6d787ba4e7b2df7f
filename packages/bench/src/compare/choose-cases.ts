// Which cases the JavaScript libraries are compared on: of each kind those nearest to the usual sizes. Pure.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { BenchCase } from '../case.ts';
import type { NotMeasured } from '../schema.ts';
import { compareAttention, compareMatmul } from './op-cases.ts';
import { compareTraining } from './train-case.ts';
import type { ComparedCase } from './workload.ts';

interface Choice {
  readonly chosen: readonly ComparedCase[];
  /** What no library is measured on, and why; one entry a reason. */
  readonly leftOut: readonly Omit<NotMeasured, 'runner'>[];
}

/** A suite that the libraries can do. */
interface Kind {
  /** Size of a case: side of a product, tokens of a text. */
  size(of: BenchCase): number;
  /** Of each mode the cases nearest to these sizes are chosen. */
  readonly usual: { readonly hardware: readonly number[]; readonly software: readonly number[] };
  compare(of: BenchCase): ComparedCase;
}

const getDim = ({ dims }: BenchCase, name: string): number => dims[name] ?? 1;

const TEXT = {
  size: (of: BenchCase) => getDim(of, 'T'),
  usual: { hardware: [2048], software: [256] },
};
const KINDS: Readonly<Record<string, Kind>> = {
  matmul: {
    size: (of) => Math.cbrt(getDim(of, 'M') * getDim(of, 'N') * getDim(of, 'K')),
    usual: { hardware: [2048, 4096], software: [256] },
    compare: compareMatmul,
  },
  attention: { ...TEXT, compare: compareAttention },
  training: { ...TEXT, compare: compareTraining },
};

type Caps = Pick<DeviceCaps, 'isSoftware' | 'limits'>;

/** @param cases that ran: what the command line left out is not compared either */
export function chooseComparedCases(cases: readonly BenchCase[], caps: Caps): Choice {
  const known = cases.filter(({ suite }) => suite in KINDS);
  const fitting = known.filter((one) => scoreBytes(one) <= maxBufferBytes(caps));
  const modes = new Set(fitting.map(({ suite, mode }) => `${suite} ${mode}`));
  const chosen = [...modes].flatMap((name) =>
    chooseNearest(
      fitting.filter(({ suite, mode }) => `${suite} ${mode}` === name),
      caps,
    ),
  );
  return {
    chosen: chosen.map((one) => KINDS[one.suite]?.compare(one) as ComparedCase),
    leftOut: [
      ...describeUnsupported(cases),
      ...describeTooLong(known, caps),
      ...describeOthers(fitting.filter((one) => !chosen.includes(one))),
    ],
  };
}

/** For each usual size the case nearest to it by ratio, the first of equals. */
function chooseNearest(cases: readonly BenchCase[], { isSoftware }: Caps): BenchCase[] {
  const kind = KINDS[cases[0]?.suite ?? ''];
  if (!kind) return [];
  const nearest = kind.usual[isSoftware ? 'software' : 'hardware'].map((usual) => {
    const distance = (one: BenchCase): number => Math.abs(Math.log(kind.size(one) / usual));
    return cases.reduce((best, one) => (distance(one) < distance(best) ? one : best));
  });
  return [...new Set(nearest)];
}

/** Of the scores that a composition stores, [B, H, T, T] f32. */
const scoreBytes = (of: BenchCase): number =>
  of.suite === 'matmul'
    ? 0
    : 4 * getDim(of, 'B') * (of.dims.H ?? getDim(of, 'heads')) * getDim(of, 'T') ** 2;

const maxBufferBytes = ({ limits }: Caps): number =>
  Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);

const suiteNames = (cases: readonly BenchCase[]): string =>
  [...new Set(cases.map(({ suite }) => suite))].join(', ');

function describeUnsupported(cases: readonly BenchCase[]): Choice['leftOut'] {
  const names = suiteNames(cases.filter(({ suite }) => !(suite in KINDS)));
  const why = 'it has neither our pruning nor a model that decodes from a cache';
  return names === '' ? [] : [{ kind: 'unsupported', case: `suites ${names}`, why }];
}

function describeTooLong(known: readonly BenchCase[], caps: Caps): Choice['leftOut'] {
  const long = known.filter((one) => scoreBytes(one) > maxBufferBytes(caps));
  if (long.length === 0) return [];
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  return [
    {
      kind: 'did-not-fit',
      case: `${suiteNames(long)} from ${Math.min(...long.map((one) => getDim(one, 'T')))} tokens (${long.length} of our cases)`,
      why: `without a fused kernel the scores of all heads are in one buffer, ${gigabytes(Math.min(...long.map(scoreBytes)))} and more; here a buffer is at most ${gigabytes(maxBufferBytes(caps))}`,
    },
  ];
}

function describeOthers(others: readonly BenchCase[]): Choice['leftOut'] {
  if (others.length === 0) return [];
  const why =
    'of each kind only the size nearest to the usual one is compared; choose another with --case';
  return [{ kind: 'left-out', case: `${others.length} more of ${suiteNames(others)}`, why }];
}
