import { expect, test } from 'vitest';
import { listFailedChecks } from './failed-checks.ts';
import { exampleCase, paper, wrong } from './report.fixture.ts';

test('every wrong variant, and only those, with its wrong outputs', () => {
  const empty = { ...wrong, name: 'empty', check: { isOk: false, dims: {}, outputs: [] } };
  const mixed = {
    ...wrong,
    check: { ...wrong.check, outputs: [...paper.check.outputs, ...wrong.check.outputs] },
  };
  const cases = [
    { ...exampleCase, variants: [paper, empty] },
    { ...exampleCase, variants: [mixed] },
  ];
  expect(listFailedChecks(cases)).toEqual([
    'a/forward T64 empty: nothing was checked',
    'a/forward T64 wrong: out 2.5e-1 > 0.001, dq not comparable > 0.001',
  ]);
});
