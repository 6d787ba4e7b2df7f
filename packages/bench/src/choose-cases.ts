// Which cases a run has: those of its suites, cut down by preset and name. Pure.

import { ArgumentError, type DeviceCaps } from '@vulpes/tensor-core';
import { type BenchCase, caseId } from './case.ts';
import { type SuiteName, suites } from './suites/index.ts';

export interface CaseFilter {
  readonly suites: readonly SuiteName[];
  /** Of the cases that have a preset, only these; null = all. */
  readonly presets: readonly string[] | null;
  /** Part of the case's id; null = all but those that run on request. */
  readonly caseText: string | null;
}

/** @throws ArgumentError for a preset that no chosen suite has, and where no case is left */
export function chooseCases(caps: DeviceCaps, filter: CaseFilter): BenchCase[] {
  const all = filter.suites.flatMap((name): BenchCase[] => [...suites[name](caps)]);
  const chosen = all.filter(
    (benchCase) => hasPreset(benchCase, filter.presets) && isNamed(benchCase, filter.caseText),
  );
  const presets = new Set(all.flatMap(({ preset }) => preset ?? []));
  const unknown = filter.presets?.find((preset) => !presets.has(preset));
  if (chosen.length > 0 && unknown === undefined) return chosen;
  throw new ArgumentError(
    `bench: expected --preset and --case to choose some of the ${all.length} cases of ${filter.suites.join(', ')} on this adapter, got ${unknown ?? 'none'}. The presets: ${[...presets].join(', ') || 'none'}.`,
  );
}

const isNamed = (benchCase: BenchCase, caseText: string | null): boolean =>
  caseText === null ? !benchCase.isOnRequest : caseId(benchCase).includes(caseText);

const hasPreset = ({ preset }: BenchCase, presets: readonly string[] | null): boolean =>
  preset === undefined || presets === null || presets.includes(preset);
