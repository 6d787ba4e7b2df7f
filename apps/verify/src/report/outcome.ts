// What became of one case.

import type { Check } from '../compare/check.ts';

/** What a case's checker hands back. */
export interface CaseReport {
  readonly checks: readonly Check[];
  /** Facts for the reader: sizes, shares pruned. */
  readonly notes: readonly string[];
}

export type CaseStatus = 'passed' | 'failed' | 'skipped';

export interface CaseOutcome extends CaseReport {
  /** `attention/square_d32` */
  readonly id: string;
  readonly status: CaseStatus;
  /** Why it was skipped, or why it could not be checked; null where the checks say it all. */
  readonly reason: string | null;
  /** Where an error that we did not expect was thrown; null without one. */
  readonly stack: string | null;
  readonly seconds: number;
}
