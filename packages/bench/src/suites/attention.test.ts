import type { Device, Tensor } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { add } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import type { Dims, Variant, Workload } from '../case.ts';
import { runCase } from '../run-case.ts';
import { attentionSuite } from './attention.ts';

const SETTINGS = { runs: 1, warmSeconds: 0, longRunMs: 60_000 };

gpuSuite('the attention suite', (device) => {
  const caseOf = (mode: string) => {
    const found = attentionSuite(device().caps).find((one) => one.mode === mode);
    return { ...found!, dims: { ...found!.dims, T: 333, H: 3 } };
  };

  test('every variant passes its sample at the timed length, and says so', async () => {
    const { report } = await runCase(device(), caseOf('forward+backward'), SETTINGS);
    for (const { gate, timing } of report.variants) {
      expect(gate.isOk).toBe(true);
      expect(timing).not.toBeNull();
      const sampled = gate.checks.filter(({ dims }) => dims?.T === 333);
      expect(sampled.map(({ output }) => output)).toEqual(['out', 'dq', 'dk', 'dv', 'dLogFgate']);
    }
  });

  test('a row that is wrong at the timed length alone is refused', async () => {
    const forward = caseOf('forward');
    const dense = forward.variants[0] as Variant;
    /** Beyond the gate's length, the last element is off. */
    const build = async (on: Device, dims: Dims): Promise<Workload> => {
      const real = await dense.build(on, dims);
      const { T = 0, H = 0, D = 0 } = dims;
      if (T <= 320) return real;
      const error = new Float32Array(T * H * D);
      error[error.length - 1] = 0.01;
      const run = (): Record<string, Tensor> => {
        const { out } = real.run() as { out: Tensor };
        return { out: add(out, on.tensor(error, [1, T, H, D])) };
      };
      return { ...real, run };
    };
    const { report } = await runCase(
      device(),
      { ...forward, variants: [{ name: 'short', build }] },
      SETTINGS,
    );
    const { gate, timing } = report.variants[0]!;
    expect(gate.checks.map(({ isOk }) => isOk)).toEqual([true, false]);
    expect(timing).toBeNull();
  });
});
