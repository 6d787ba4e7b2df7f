import { expect, test } from 'vitest';
import { formatProgress, ProgressLine } from './progress-line.ts';

const TIMES = { spentMs: 65_000, leftMs: 190_400 };
const at = (caseId: string, done: number) =>
  ({ caseId, phase: 'time', casesDone: 1, casesTotal: 6, done, of: 5, ...TIMES }) as const;

test('rewrites one line on a terminal', () => {
  let text = '';
  const line = new ProgressLine({ isTTY: true, columns: 30, write: (part) => (text += part) });
  line.show(at('matmul/forward M256', 2));
  expect(text).toBe('\r\x1b[2K██░░░░░░░░░░░░░░ 1/6, 1:05, ~');
  line.clear();
  expect(text.endsWith('\r\x1b[2K')).toBe(true);
});

test('writes one line a case elsewhere', () => {
  let text = '';
  const line = new ProgressLine({ write: (part) => (text += part) });
  for (const done of [0, 1, 2]) line.show(at('a', done));
  line.show(at('b', 0));
  line.clear();
  expect(text).toBe('[2/6] a\n[2/6] b\n');
});

test('a bar of the cases done, the time spent and left, what runs', () => {
  expect(formatProgress(at('matmul/forward M256', 2))).toBe(
    '██░░░░░░░░░░░░░░ 1/6, 1:05, ~3:10 left | time 3/5: matmul/forward M256',
  );
  expect(formatProgress({ ...at('a', 0), casesDone: 3, leftMs: null })).toBe(
    '████████░░░░░░░░ 3/6, 1:05 | time 1/5: a',
  );
});

test('a terminal of 0 columns is taken for one of 80', () => {
  let text = '';
  const line = new ProgressLine({ isTTY: true, columns: 0, write: (part) => (text += part) });
  line.say('x'.repeat(100));
  expect(text).toBe(`\r\x1b[2K${'x'.repeat(79)}`);
});
