// The doctor on a real device.

import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { diagnose } from './diagnosis.ts';
import { formatDiagnosis } from './format.ts';

gpuSuite('diagnose', () => {
  test('finds an adapter that computes, and the variants of each op', async () => {
    const diagnosis = await diagnose({ adapter: 'auto' });
    const { adapter } = diagnosis;
    expect(adapter?.selfTest).toMatchObject({ passed: true });
    const ops = adapter?.variants.map(({ op }) => op);
    expect(ops).toEqual(expect.arrayContaining(['matmul', 'attention-forward', 'block-bounds']));
    expect(adapter?.variants.filter(({ runs }) => runs === null)).toEqual([]);
    expect(formatDiagnosis(diagnosis)).toContain(adapter?.selfTest.detail);
    expect(JSON.parse(JSON.stringify(diagnosis))).toEqual(diagnosis);
  });

  test.each(['scalar', 'tiled'])('forced to %s, matmul runs it', async (name) => {
    const { adapter } = await diagnose({ adapter: 'auto', variants: [`matmul=${name}`] });
    expect(adapter?.variants.find(({ op }) => op === 'matmul')).toMatchObject({
      runs: name,
      isForced: true,
    });
  });
});
