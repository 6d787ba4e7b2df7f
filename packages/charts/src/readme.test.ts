// The example of the README, run as it stands there.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { htmlPage, lineChart } from './index.ts';

test('the example of the README runs', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const shown = readme.slice(readme.indexOf('```ts\n') + 6, readme.indexOf('\n```\n'));
  const run = new Function('lineChart', 'htmlPage', `${shown}\nreturn page;`);
  expect(run(lineChart, htmlPage)).toContain('<svg xmlns');
});
