// How far a run of cases is, and how long the rest will take. Pure.

import type { Phase } from './clocks/time-contenders.ts';

export interface Progress {
  readonly caseId: string;
  readonly phase: Phase;
  /** Cases finished, of how many. */
  readonly casesDone: number;
  readonly casesTotal: number;
  /** Steps of this phase finished, of how many. */
  readonly done: number;
  readonly of: number;
  /** ms since the run began. */
  readonly spentMs: number;
  /** ms, an estimate; null before the first case has ended, where there is no time budget. */
  readonly leftMs: number | null;
}

interface CasesSoFar {
  readonly casesDone: number;
  /** With the one that begins. */
  readonly casesLeft: number;
  /** ms that those done took. */
  readonly casesMs: number;
}

/** ms, as long for each case as those that ended took; null before the first. */
export const leftByCases = ({ casesDone, casesLeft, casesMs }: CasesSoFar): number | null =>
  casesDone === 0 ? null : (casesMs / casesDone) * casesLeft;

/** ms of the cases that are predicted to fit into what the budget leaves, in their order: the others are left out. */
export const leftByBudget = (predictedMs: readonly number[], budgetMs: number): number =>
  predictedMs.reduce((sum, ms) => (sum + ms <= budgetMs ? sum + ms : sum), 0);
