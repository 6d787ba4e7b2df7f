// How far a run of cases is.

import type { Phase } from './timing/time-variants.ts';

export interface Progress {
  readonly caseId: string;
  readonly phase: Phase;
  /** Cases finished, of how many. */
  readonly casesDone: number;
  readonly casesTotal: number;
  /** Steps of this phase finished, of how many. */
  readonly done: number;
  readonly of: number;
  /** Since the run began. */
  readonly elapsedMs: number;
}
