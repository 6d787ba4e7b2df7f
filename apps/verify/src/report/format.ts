// Outcomes as text. Pure.

import { type Check, holds } from '../compare/check.ts';
import type { CaseOutcome } from './outcome.ts';

const STATUS_WORD = { passed: 'pass', failed: 'FAIL', skipped: 'skip' } as const;

/** `out 2.1e-7 ≤ 1e-5`, or `out 3.0e-2 > 1e-5` where it breaks. */
export const formatCheck = (check: Check): string =>
  `${check.name} ${formatNumber(check.error)} ${holds(check) ? '≤' : '>'} ${formatNumber(check.bound)}`;

/** Two digits: `0`, `3`, `2.1e-7`. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return String(value);
  if (!Number.isFinite(value)) return String(value);
  return value.toExponential(1).replace('.0e', 'e');
}

export interface Position {
  /** From 1. */
  readonly index: number;
  readonly total: number;
}

/** `[ 3/18]` */
export function formatPosition({ index, total }: Position): string {
  const width = String(total).length;
  return `[${String(index).padStart(width)}/${total}]`;
}

/** The one line of a case. */
export function formatOutcome(outcome: CaseOutcome, position: Position): string {
  const head = `${formatPosition(position)} ${STATUS_WORD[outcome.status]} ${outcome.id}`;
  if (outcome.status === 'skipped') return `${head}: ${outcome.reason}`;
  const problem = outcome.reason === null ? [] : [outcome.reason];
  const parts = [...problem, ...outcome.checks.map(formatCheck)];
  const notes = outcome.notes.length > 0 ? ` | ${outcome.notes.join('; ')}` : '';
  return `${head} (${outcome.seconds.toFixed(1)} s): ${parts.join(', ')}${notes}`;
}

/** Further lines: what broke and how; with `all`, every check and its parts. */
export function formatDetails({ checks, stack }: CaseOutcome, { all }: { all: boolean }): string[] {
  const details = checks
    .filter((check) => all || !holds(check))
    .flatMap((check) => [
      `    ${formatCheck(check)}  ${check.measure}`,
      ...(check.parts ?? [])
        .filter((part) => all || !holds(part))
        .map((part) => `      ${formatCheck(part)}`),
    ]);
  return stack === null ? details : [...details, ...stack.split('\n').slice(1)];
}

/** `17 passed, 0 failed, 6 skipped` */
export function formatSummary(outcomes: readonly CaseOutcome[]): string {
  const count = (status: CaseOutcome['status']) =>
    outcomes.filter((outcome) => outcome.status === status).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}
