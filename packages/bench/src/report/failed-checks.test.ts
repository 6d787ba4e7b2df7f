import { expect, test } from 'vitest';
import { formatFailedChecks, listFailedChecks } from './failed-checks.ts';

const check = (output: string, rmsErrorRatio: number | null, isOk: boolean) => ({
  output,
  rmsErrorRatio,
  maxAbsError: rmsErrorRatio,
  bound: 1e-5,
  isOk,
});
const variant = (name: string, ...outputs: ReturnType<typeof check>[]) => ({
  name,
  check: {
    isOk: outputs.length > 0 && outputs.every(({ isOk }) => isOk),
    dims: { T: 1 },
    outputs,
  },
});

test('every wrong output, and only those, by case and variant', () => {
  const cases = [
    { id: 'a T1', variants: [variant('dense', check('out', 1e-7, true)), variant('empty')] },
    {
      id: 'b T2',
      variants: [
        variant('paper', check('out', 1e-7, true), check('dq', 0.25, false)),
        variant('certified', check('out', null, false), check('dk', 3e-4, false)),
      ],
    },
  ];
  const failed = listFailedChecks(cases);
  expect(failed).toEqual([
    { case: 'a T1', variant: 'empty', output: null, rmsErrorRatio: null, bound: null },
    { case: 'b T2', variant: 'paper', output: 'dq', rmsErrorRatio: 0.25, bound: 1e-5 },
    { case: 'b T2', variant: 'certified', output: 'out', rmsErrorRatio: null, bound: 1e-5 },
    { case: 'b T2', variant: 'certified', output: 'dk', rmsErrorRatio: 3e-4, bound: 1e-5 },
  ]);
  expect(formatFailedChecks(failed)).toBe(
    [
      'a T1 empty: its f64 reference names no output, so nothing was checked',
      'b T2 paper: dq differs from its f64 reference by 2.5e-1 (RMS error ratio; bound 0.00001)',
      'b T2 certified: out cannot be compared with its f64 reference (missing, not finite, or of another length; bound 0.00001)',
      '1 more in "failedChecks" of the report',
    ].join('; '),
  );
});
