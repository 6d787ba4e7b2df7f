// The README's example, run here, and what the package exports.

import { readFileSync } from 'node:fs';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { matmul, sumRows } from '@vulpes/wgsl-kernels';
import { expect, test, vi } from 'vitest';
import * as exported from './index.ts';
import { type BenchCase, normals, runCases, type Workload } from './index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

gpuSuite('README', () => {
  test('the example runs', async () => {
    const host = {
      ...{ runtime: `node ${process.version}`, platform: process.platform, cpu: null, cores: 2 },
      ...{ commit: null, isDirty: null },
    };
    const log = vi.spyOn(console, 'log').mockReturnValue();
    // example
    const [rows, columns] = [4096, 256];
    const x = normals(1, rows * columns); // [rows, columns] ~ N(0, 1)
    const sums = new Float64Array(columns); // the reference, in f64
    for (const [i, value] of x.entries()) sums[i % columns]! += value;

    const variant = (name: string, by: 'product' | 'kernel') => ({
      name,
      build(device: Device): Workload {
        const inputs = device.tensor(x, [rows, columns]);
        const ones = device.tensor(new Float32Array(rows).fill(1), [1, rows]);
        return {
          run: () => ({ sum: by === 'product' ? matmul(ones, inputs) : sumRows(inputs, columns) }),
          expected: () => ({ sum: { values: sums, bound: 1e-5 } }), // RMS error ratio
          counts: () => ({ flops: rows * columns, bytes: 4 * rows * columns }),
          dispose() {
            for (const tensor of [inputs, ones]) tensor.dispose();
          },
        };
      },
    });
    const sumOfRows: BenchCase = {
      suite: 'reduce',
      op: 'sum-rows',
      mode: 'forward',
      dims: { rows, columns },
      inputs: 'N(0, 1)',
      variants: [variant('ones @ x', 'product'), variant('sumRows', 'kernel')],
    };

    using device = await createDevice();
    const settings = { runs: 5, warmSeconds: 0.1, longRunMs: 500, budgetSeconds: null };
    const devices = { device, renew: () => Promise.reject(new Error('the device was lost')) };
    const report = await runCases(devices, [sumOfRows], { ...settings, hasPeaks: false, host });
    const { speedup } = report.cases[0]!.variants[1]!.timing!; // null where the check failed
    console.log(`sumRows: ${speedup.median.toFixed(1)} times as fast as the product`);
    // end of example
    expect(log).toHaveBeenCalledWith(expect.stringMatching(/^sumRows: \d+\.\d times as fast/));
    log.mockRestore();
    expect(report.cases[0]?.variants.map(({ check }) => check.isOk)).toEqual([true, true]);
    expect(speedup.runs).toBe(5);
  });
});

test('the README shows the example that runs here', () => {
  const here = readFileSync(new URL(import.meta.url), 'utf8');
  const [, example = ''] = here.split(/^ *\/\/ (?:end of )?example\n/m);
  const shown = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  expect(shown).toBe(example.replace(/^ {4}/gm, ''));
});

test('exports', () => {
  expect(Object.keys(exported).sort()).toMatchSnapshot();
});
