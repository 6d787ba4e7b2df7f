// Case results as lines of text.

import { type CaseResult, type Check, holds } from './check.ts';

const STATUS_WORD = { passed: 'pass', failed: 'FAIL', skipped: 'skip' } as const;

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
  const head = `${position} ${STATUS_WORD[result.status]} ${result.id}`;
  if (result.status === 'skipped') return `${head}: ${result.reason}`;
  const reason = result.reason === null ? [] : [result.reason];
  const parts = [...reason, ...result.checks.map(formatCheck)];
  const notes = result.notes.length > 0 ? ` | ${result.notes.join('; ')}` : '';
  return `${head} (${result.seconds.toFixed(1)} s): ${parts.join(', ')}${notes}`;
}

/** Further lines: what breaks its bound; with `all`, every check and its parts. */
export function formatDetails({ checks, stack }: CaseResult, { all }: { all: boolean }): string[] {
  const isShown = (check: Check) => all || !holds(check);
  const details = checks
    .filter(isShown)
    .flatMap((check) => [
      `    ${formatCheck(check)}  ${check.measure}`,
      ...(check.parts ?? []).filter(isShown).map((part) => `      ${formatCheck(part)}`),
    ]);
  return stack === null ? details : [...details, ...stack.split('\n').slice(1)];
}

/** `17 passed, 0 failed, 6 skipped` */
export function formatSummary(results: readonly CaseResult[]): string {
  const count = (wanted: CaseResult['status']) =>
    `${results.filter(({ status }) => status === wanted).length} ${wanted}`;
  return `${count('passed')}, ${count('failed')}, ${count('skipped')}`;
}
