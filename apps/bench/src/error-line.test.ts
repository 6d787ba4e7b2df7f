import { expect, test } from 'vitest';
import { errorLine } from './error-line.ts';

test.each([
  [
    'TypeError: x is not a function',
    'a.js:1\n  x();\n  ^\n\nTypeError: x is not a function\n    at a.js:1\n\nNode.js v20.20.2\n',
  ],
  [
    'torch.OutOfMemoryError: CUDA out of memory.',
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    x()\ntorch.OutOfMemoryError: CUDA out of memory.\n',
  ],
  ['it printed nothing', ''],
])('the line that names the error: %s', (line, stderr) => {
  expect(errorLine(stderr)).toBe(line);
});
