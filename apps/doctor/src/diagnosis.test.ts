// The doctor on a real device, and where there is none.

import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { diagnose } from './diagnosis.ts';
import { formatDiagnosis } from './format.ts';

gpuSuite('diagnose', () => {
  test('finds an adapter that computes, and the kernels of its family', async () => {
    const diagnosis = await diagnose({ adapter: 'auto', kernels: 'auto' });
    const { adapter } = diagnosis;
    expect(adapter?.selfTest).toMatchObject({ passed: true });
    expect(adapter?.kernels.matmul.length).toBeGreaterThan(0);
    expect(adapter?.kernels.attention.length).toBeGreaterThan(0);
    expect(formatDiagnosis(diagnosis)).toContain(adapter?.selfTest.detail);
    expect(JSON.parse(JSON.stringify(diagnosis))).toEqual(diagnosis);
  });

  test('the two kernel families have different kernels', async () => {
    const [gpu, software] = await Promise.all(
      (['gpu', 'software'] as const).map((kernels) => diagnose({ adapter: 'auto', kernels })),
    );
    expect(gpu?.adapter?.kernels.matmul).not.toEqual(software?.adapter?.kernels.matmul);
  });
});
