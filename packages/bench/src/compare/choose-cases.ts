// Which cases the JavaScript libraries are compared on: of each suite and mode the first that ran. Pure.

import { type BenchCase, caseId, type Variant } from '../case.ts';
import type { NotMeasured } from '../schema.ts';
import { LOSS_BOUND, llamaCase, UPDATES } from './train-case.ts';
import type { BaselineWorkload, ComparedCase } from './workload.ts';

interface Choice {
  readonly chosen: readonly ComparedCase[];
  /** What no library is measured on, and why; one entry a reason. */
  readonly leftOut: readonly Omit<NotMeasured, 'runner'>[];
}

/** A suite that the libraries can do. */
interface Kind {
  /** What is the same for all, for the report. */
  readonly description: string;
  readonly variant: string;
  /** RMS error ratio. */
  readonly bound: number;
  /** The case that is compared in place of ours. */
  replace?(of: BenchCase): BenchCase;
}

const KINDS: Readonly<Record<string, Kind>> = {
  matmul: {
    description: 'f32, a and b ~ N(0, 1)',
    variant: 'nn',
    // Sums of K products in f32, in another order: 6e-8 √K at most, 4e-6 at K = 4,096. A product in f16 or tf32 is off by more than 1e-4.
    bound: 1e-5,
  },
  attention: {
    description: 'f32, causal, the inputs of the case, nothing pruned',
    variant: 'dense',
    // A composition subtracts sums Λ of log f in f32, down to −0.8 a token in heads that forget: at 8,192 tokens their last bit is 5e-4,
    // and so is the error of a weight. Measured: 3e-6 at 256 tokens, 1.1e-5 at 1,024.
    bound: 1e-3,
  },
  training: {
    description: `FoX (LLaMA) of the sizes of our case, f32: forward, backward, clip, AdamW; losses of the first ${UPDATES} updates compared with ours`,
    variant: 'dense',
    bound: LOSS_BOUND,
    replace: llamaCase,
  },
};

/** The suite's own variant, its inputs, and its f64 reference. */
function compare(ours: BenchCase): ComparedCase {
  const { variant, description, bound, replace } = KINDS[ours.suite] as Kind;
  const { variants, ...of } = replace?.(ours) ?? ours;
  return {
    ...{ caseId: caseId(of), variant, description },
    async prepare(device) {
      const { build } = variants.find(({ name }) => name === variant) as Variant;
      const workload = await build(device, of.dims);
      const expected = Object.entries(await (workload.sample?.() ?? workload.expected()));
      return {
        workload: workload.baseline as BaselineWorkload,
        expected: Object.fromEntries(expected.map(([name, one]) => [name, { ...one, bound }])),
        run: () => workload.run(),
        dispose: () => workload.dispose(),
      };
    },
  };
}

/** @param cases that ran: what the command line left out is not compared either */
export function chooseComparedCases(cases: readonly BenchCase[]): Choice {
  const known = cases.filter(({ suite }) => suite in KINDS);
  const isFirst = ({ suite, mode }: BenchCase, index: number): boolean =>
    known.findIndex((other) => other.suite === suite && other.mode === mode) === index;
  return {
    chosen: known.filter(isFirst).map(compare),
    leftOut: [
      ...describe('unsupported', 'it has neither our pruning nor a model that decodes', {
        cases: cases.filter(({ suite }) => !(suite in KINDS)),
      }),
      ...describe('left-out', 'of each kind the first case is compared; choose with --case', {
        cases: known.filter((one, index) => !isFirst(one, index)),
      }),
    ],
  };
}

/** `3 cases of matmul, training` */
function describe(
  kind: NotMeasured['kind'],
  why: string,
  { cases }: { readonly cases: readonly BenchCase[] },
): Choice['leftOut'] {
  const names = [...new Set(cases.map(({ suite }) => suite))].join(', ');
  return names === '' ? [] : [{ kind, case: `${cases.length} cases of ${names}`, why }];
}
