import { expect, test } from 'vitest';
import { offsetIn, spanOf } from './index.ts';
import { gpuSuite } from './testing/index.ts';

gpuSuite('spanOf', (device) => {
  test('covers tensors of one buffer, in any order, and no others', async () => {
    const values = Float32Array.from({ length: 512 }, (_, i) => i);
    const whole = device().tensor(values, [512]);
    const [late, early] = [device().slice(whole, 256, [70]), device().slice(whole, 64, [2, 3])];
    const span = spanOf([late, early]);
    expect(span?.shape).toEqual([262]);
    expect(await span?.data()).toEqual(values.subarray(64, 326));
    expect([late, early].map((tensor) => offsetIn(span ?? whole, tensor))).toEqual([192, 0]);
    expect(spanOf([late, device().zeros([4])])).toBe(null);
    for (const tensor of [span, late, early, whole]) tensor?.dispose();
  });
});
