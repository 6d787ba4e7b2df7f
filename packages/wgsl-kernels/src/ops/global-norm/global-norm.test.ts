// The global norm against its f64 twin, and over slabs against the tensors one by one.

import { type Device, disposeAll } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { sumRowsVariants } from '../sum-rows/sum-rows.kernel.ts';
import { globalNormCases, slabCases } from './global-norm.cases.ts';
import { referenceGlobalNorm } from './global-norm.reference.ts';
import { globalNorm } from './global-norm.ts';

async function normOf(device: Device, arrays: readonly Float32Array[]) {
  const tensors = arrays.map((array) => device.tensor(array, [array.length]));
  const norm = globalNorm(tensors);
  const result = { norm: (await norm.data()) as Float32Array };
  disposeAll([...tensors, norm]);
  return result;
}

/** All arrays in one, each from a multiple of 4,096 elements on, with zeros between them and behind the last. */
function toSlab(arrays: readonly Float32Array[]): Float32Array {
  const padded = arrays.map((array) => Math.ceil(array.length / 4096) * 4096);
  const slab = new Float32Array(padded.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  for (const [i, array] of arrays.entries()) {
    slab.set(array, offset);
    offset += padded[i] as number;
  }
  return slab;
}

const arraysOf = (lengths: readonly number[]) =>
  lengths.map((length, i) => randomArray(42 + i, length, { scale: 0.3 + i }));

gpuSuite(
  'globalNorm',
  (device) => {
    test.each(globalNormCases)('$id', async ({ lengths }) => {
      const arrays = arraysOf(lengths);
      const { norm } = await underTwoFills(device(), () => normOf(device(), arrays));
      expectMatch('norm', norm, [referenceGlobalNorm(arrays)], 1e-6);
    });

    test.each(slabCases)('slab of $lengths', async ({ lengths }) => {
      const arrays = arraysOf(lengths);
      const slab = await normOf(device(), [toSlab(arrays)]);
      const single = await normOf(device(), arrays);
      if (lengths.every((length) => length % 4 === 0)) expect(slab).toEqual(single);
      expectMatch('slab', slab.norm, [referenceGlobalNorm(arrays)], 1e-6);
    });

    test('two slabs have the bits of one', async () => {
      const arrays = arraysOf([4100, 64, 12_288, 4]);
      const slabs = [toSlab(arrays.slice(0, 2)), toSlab(arrays.slice(2))];
      expect(await normOf(device(), slabs)).toEqual(await normOf(device(), [toSlab(arrays)]));
    });

    test('a slab takes three or four launches, whatever it holds', async () => {
      const launchesOf = async (size: number) => {
        const before = device().dispatchCount;
        await normOf(device(), [new Float32Array(size)]);
        return device().dispatchCount - before;
      };
      const { name } = sumRowsVariants.choose(device().caps);
      const inOneLaunch = name === 'tiled' ? 2048 : 16;
      expect(await launchesOf(inOneLaunch * 4096)).toBe(3);
      expect(await launchesOf((inOneLaunch + 1) * 4096)).toBe(4);
    });

    test('of zeros it is zero, and NaN stays NaN', async () => {
      expect((await normOf(device(), [Float32Array.of(0, 0)])).norm[0]).toBe(0);
      expect((await normOf(device(), [Float32Array.of(1, Number.NaN)])).norm[0]).toBeNaN();
    });

    test('rejects nothing to sum', () => {
      expect(() => globalNorm([])).toThrow(/expected at least one tensor/);
      expect(() => globalNorm([device().zeros([1], { dtype: 'i32' })])).toThrow(/f32, got i32/);
    });
  },
  ['tiled', 'scalar'],
);
