import { expect, test } from 'vitest';
import { reportMarkdown } from './markdown.ts';
import { exampleReport } from './report.fixture.ts';

test('a report as Markdown', () => {
  const settings = { ...exampleReport.settings, caseText: 'T1', presets: ['pro-x', 'pro-y'] };
  expect(reportMarkdown({ ...exampleReport, settings }, 'x.json')).toBe(
    `# x

Made from [x.json](x.json) by \`npm run bench -- table\`; do not edit.

acme one driver 1.2; CPU, 2 cores; 2026-01-02, commit 0123456789 with changes.
Options: \`--case T1 --preset pro-x,pro-y\`.
This run's measured peaks: 50.0 TFLOP/s multiply-adds in registers (1024 threads, 8 chains each), 2000 GB/s copy.
By hand. A star marks the bound: the larger share. Speed-ups are against the first variant of a case.

## attention

| case | variant | runs | GPU ms (p10-p90) | wall ms (p10-p90) | TFLOP/s | of peak | of bandwidth | speed-up | blocks kept |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| a/forward T64 | dense | 17 | 19.5 (18.3-20.8) | 22.5 (21.3-24.8) | 3.25 | 72 % * | 13 % | 1.00× | 100.0 % |
| a/forward T64 | paper | 17 | 8.250 (8.125-9.500) | 12.6 (11.3-14.8) | 1.50 | 41 % | 62 % * | 2.36× | 62.5 % |
`,
  );
});

test('a report of a software adapter has no absolute times', () => {
  const text = reportMarkdown({ ...exampleReport, timesAre: 'ratios' }, 'x.json');
  expect(text).not.toMatch(/TFLOP|GB\/s|\d ms/);
  expect(text).toContain('2.36× (2.12-2.63)');
});
