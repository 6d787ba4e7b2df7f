// The examples of a README and the test that runs them, side by side.

import { readFileSync } from 'node:fs';

const EXAMPLE = /^( *)\/\/ example\n([\s\S]*?)^ *\/\/ end of example\n/gm;

/**
 * `run`: the lines between `// example` and `// end of example` of a test file in `src`, without their indent.
 * `shown`: the `ts` blocks of the package's README. A test compares the two lists.
 * @param testUrl - `import.meta.url` of the test
 */
export function readmeExamples(testUrl: string): { run: string[]; shown: string[] } {
  const test = readFileSync(new URL(testUrl), 'utf8');
  const readme = readFileSync(new URL('../README.md', testUrl), 'utf8');
  const run = [...test.matchAll(EXAMPLE)].map(([, indent = '', lines = '']) =>
    lines.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
  const shown = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, lines = '']) => lines);
  return { run, shown };
}
