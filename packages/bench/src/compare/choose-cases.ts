// Which cases the JavaScript libraries are compared on: of each kind those nearest to the usual sizes. Pure.

import type { DeviceCaps } from '@vulpes/tensor-core';
import { type BenchCase, caseId, type Variant } from '../case.ts';
import type { NotMeasured } from '../schema.ts';
import { LOSS_BOUND, llamaCase, UPDATES } from './train-case.ts';
import type { BaselineExpected, BaselineWorkload, ComparedCase } from './workload.ts';

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
  /** What is the same for all, for the report. */
  readonly description: string;
  readonly variant: string;
  readonly measure: BaselineExpected['measure'];
  readonly bound: number;
  /** The case that is compared in place of ours. */
  replace?(of: BenchCase): BenchCase;
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
    description: 'f32, a and b ~ N(0, 1)',
    variant: 'nn',
    measure: 'RMS error ratio',
    // Sums of K products in f32, in another order: 6e-8 √K at most, 4e-6 at K = 4,096. A product in f16 or tf32 is off by more than 1e-4.
    bound: 1e-5,
  },
  attention: {
    ...TEXT,
    description: 'f32, causal, the inputs of the case, nothing pruned',
    variant: 'dense',
    measure: 'RMS error ratio',
    // A composition subtracts sums Λ of log f in f32, down to −0.8 a token in heads that forget: at 8,192 tokens their last bit is 5e-4,
    // and so is the error of a weight. Measured: 3e-6 at 256 tokens, 1.1e-5 at 1,024.
    bound: 1e-3,
  },
  training: {
    ...TEXT,
    description: `FoX (LLaMA) of the sizes of our case, f32: forward, backward, clip, AdamW; losses of the first ${UPDATES} updates compared with ours`,
    variant: 'dense',
    measure: 'largest difference',
    bound: LOSS_BOUND,
    replace: llamaCase,
  },
};

/** The suite's own variant, its inputs, and its f64 reference. */
function compare(ours: BenchCase): ComparedCase {
  const { variant, description, measure, bound, replace } = KINDS[ours.suite] as Kind;
  const { variants, ...of } = replace?.(ours) ?? ours;
  return {
    ...{ caseId: caseId(of), variant, description },
    async prepare(device) {
      const { build } = variants.find(({ name }) => name === variant) as Variant;
      const workload = await build(device, of.dims);
      const expected = Object.entries(await (workload.sample?.() ?? workload.expected()));
      return {
        workload: workload.baseline as BaselineWorkload,
        expected: Object.fromEntries(
          expected.map(([name, one]) => [name, { ...one, bound, measure }]),
        ),
        run: () => workload.run(),
        dispose: () => workload.dispose(),
      };
    },
  };
}

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
    chosen: chosen.map(compare),
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
