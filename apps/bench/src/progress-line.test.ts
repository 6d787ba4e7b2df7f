import { expect, test } from 'vitest';
import { ProgressLine } from './progress-line.ts';

const at = (caseId: string, done: number) =>
  ({ caseId, phase: 'time', casesDone: 1, casesTotal: 6, done, of: 5 }) as const;

test('rewrites one line on a terminal', () => {
  let text = '';
  const line = new ProgressLine({ isTTY: true, columns: 30, write: (part) => (text += part) });
  line.show(at('matmul/forward M256', 2));
  expect(text).toBe('\r\x1b[2K[2/6] matmul/forward M256: ti');
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
