// Case results as lines of text.

import { type CaseResult, type Check, holds } from './check.ts';

/** `out 2.1e-7 ≤ 1e-5`, or `out 3.0e-2 > 1e-5` */
const formatCheck = (check: Check): string =>
  `${check.name} ${formatNumber(check.error)} ${holds(check) ? '≤' : '>'} ${formatNumber(check.bound)}`;

/** Two digits: `0`, `3`, `2.1e-7`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 1e5)) {
    return String(value);
  }
  return value.toExponential(1).replace('.0e', 'e');
}

/** `[ 3/18]`, from the number of cases before it. */
export function formatPosition(index: number, total: number): string {
  return `[${String(index + 1).padStart(String(total).length)}/${total}]`;
}

/** The one line of a case. */
export function formatResult(result: CaseResult, position: string): string {
  const head = `${position} ${result.isPassed ? 'pass' : 'FAIL'} ${result.id}`;
  const reason = result.reason === null ? [] : [result.reason];
  const parts = [...reason, ...result.checks.map(formatCheck)];
  const notes = result.notes.length > 0 ? ` | ${result.notes.join('; ')}` : '';
  return `${head} (${result.seconds.toFixed(1)} s): ${parts.join(', ')}${notes}`;
}

/** Further lines: what breaks its bound; with `all`, every check. */
export function formatDetails({ checks, stack }: CaseResult, { all }: { all: boolean }): string[] {
  const details = checks
    .filter((check) => all || !holds(check))
    .map((check) => `    ${formatCheck(check)}  ${check.measure}`);
  return stack === null ? details : [...details, ...stack.split('\n').slice(1)];
}

/** `17 passed, 0 failed` */
export function formatSummary(results: readonly CaseResult[]): string {
  const passed = results.filter(({ isPassed }) => isPassed).length;
  return `${passed} passed, ${results.length - passed} failed`;
}
