import { readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

export const PASSED = Object.freeze({ passed: 1, failed: 0, skipped: 0 });
export const FAILED = Object.freeze({ passed: 0, failed: 1, skipped: 0 });
export const SKIPPED = Object.freeze({ passed: 0, failed: 0, skipped: 1 });

/** @param {Iterable<Counts>} all @returns {Counts} */
export const total = (all) => {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
};

/** The plain closing line. @param {Counts} counts */
export const line = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/**
 * A suite that ended badly, or ran nothing, has failed whatever it counted.
 * @param {Counts} counts @param {number} code exit code @returns {Counts}
 */
export const withExitCode = (counts, code) => {
  const isWrong = (code !== 0 && counts.failed === 0) || counts.passed + counts.failed === 0;
  return isWrong ? { ...counts, failed: counts.failed + 1 } : counts;
};

/** Counts of the last line 'N passed, N failed[, N skipped]'. @param {string} output */
export const countsIn = (output) => {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  const [, passed = 0, failed = 0, skipped = 0] = (found ?? []).map(Number);
  return { passed, failed, skipped };
};

/** Counts of vitest's JSON report; none when there is no report. @param {string} file */
export const countsOfVitest = (file) => {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report;
    const brokenFiles = report.testResults.filter(
      /** @param {any} result */
      ({ status, assertionResults }) =>
        status === 'failed' &&
        !assertionResults.some((/** @type {any} */ { status: s }) => s === 'failed'),
    ).length;
    const skipped = numPendingTests + numTodoTests;
    return { passed: numPassedTests, failed: numFailedTests + brokenFiles, skipped };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
};
