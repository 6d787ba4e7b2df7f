import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { broadcastRowsCases } from './broadcast-rows.cases.ts';
import { broadcastRows } from './broadcast-rows.op.ts';
import {
  referenceBroadcastRows,
  referenceBroadcastRowsBackward,
} from './broadcast-rows.reference.ts';

describe('broadcast-rows reference', () => {
  test('backward agrees with finite differences', () => {
    const dy = randomArray(2, 12);
    const worst = gradcheck({
      inputs: { row: Float64Array.from(randomArray(1, 3)) },
      forward: ({ row }) =>
        referenceBroadcastRows(row, 4).reduce((sum, y, i) => sum + y * dy[i]!, 0),
      backward: () => ({ row: referenceBroadcastRowsBackward(dy, 3) }),
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

gpuSuite('broadcast-rows', (device) => {
  test.each(broadcastRowsCases)('$id', async ({ rows, columns }) => {
    const row = randomArray(42, columns);
    const dy = randomArray(43, rows * columns);
    const inputs = { row: { data: row, shape: [columns] } };
    const actual = await underTwoFills(device(), () =>
      runWithGrads(device(), inputs, ({ row }) => broadcastRows(row!, rows), dy),
    );
    expectMatch('y', actual.y!, referenceBroadcastRows(row, rows), 0);
    expectMatch('drow', actual.drow!, referenceBroadcastRowsBackward(dy, columns), 2e-6);
  });

  test('rejects a count of rows that is no count', () => {
    const row = device().zeros([4]);
    expect(() => broadcastRows(row, 0)).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: broadcastRows: expected rows to be a whole number ≥ 1, got 0.]`,
    );
  });
});
