// Which cases a run has: those of its suites, cut down by length, preset and name. Pure.

import { ArgumentError, type DeviceCaps } from '@vulpes/tensor-core';
import { type BenchCase, caseId } from './case.ts';
import { type SuiteName, suites } from './suites/index.ts';

export interface CaseFilter {
  readonly suites: readonly SuiteName[];
  /** Tokens of a run (batch times length) at most; null = any. */
  readonly maxTokens: number | null;
  /** Of the cases that have a preset, only these; null = all. */
  readonly presets: readonly string[] | null;
  /** Part of the case's id; null = all but those that run on request. */
  readonly caseText: string | null;
}

/** @throws ArgumentError for a preset that no chosen suite has, and where no case is left. */
export function chooseCases(caps: DeviceCaps, filter: CaseFilter): BenchCase[] {
  const all = filter.suites.flatMap((name): BenchCase[] => [...suites[name](caps)]);
  assertPresets(all, filter);
  const chosen = all.filter(
    (benchCase) =>
      countTokens(benchCase) <= (filter.maxTokens ?? Number.POSITIVE_INFINITY) &&
      hasPreset(benchCase, filter.presets) &&
      isNamed(benchCase, filter.caseText),
  );
  if (chosen.length > 0) return chosen;
  throw new ArgumentError(
    `bench: --max-tokens, --preset and --case leave none of the ${all.length} cases of ${filter.suites.join(', ')}; ask for less.`,
  );
}

/** Products have no length: nothing cuts them down. */
const countTokens = ({ dims: { B = 1, T = 0 } }: BenchCase): number => B * T;

const isNamed = (benchCase: BenchCase, caseText: string | null): boolean =>
  caseText === null ? !benchCase.isOnRequest : caseId(benchCase).includes(caseText);

const hasPreset = ({ preset }: BenchCase, presets: readonly string[] | null): boolean =>
  preset === undefined || presets === null || presets.includes(preset);

function assertPresets(cases: readonly BenchCase[], { presets, suites }: CaseFilter): void {
  const known = [...new Set(cases.flatMap(({ preset }) => preset ?? []))];
  const unknown = presets?.find((preset) => !known.includes(preset));
  if (unknown === undefined) return;
  const has = known.length ? `the presets are ${known.join(', ')}` : 'none has a preset';
  throw new ArgumentError(
    `bench: the chosen suites (${suites.join(', ')}) have no case of preset '${unknown}' on this adapter; ${has}.`,
  );
}
