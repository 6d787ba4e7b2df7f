// The rotation table: cosines and sines made in f64 on the host, once per device, base and head dim.

import type { Device, Tensor } from '@vulpes/tensor-core';

/** Fine positions 0…511, coarse ones in steps of 512. */
const STEPS = 512;

/** Positions with a smaller absolute value have a rotation. */
export const MAX_POSITIONS = STEPS * STEPS;

const tables = new WeakMap<Device, Map<string, Tensor>>();

/** f32 [512 + 513, D / 2, 2]. Belongs to the device, not to a scope; at most 0.5 MB. */
export function ropeTable(device: Device, base: number, headDim: number): Tensor {
  const ofDevice = tables.get(device) ?? new Map<string, Tensor>();
  tables.set(device, ofDevice);
  const key = `${base}/${headDim}`;
  const known = ofDevice.get(key);
  if (known) return known;
  const shape = [2 * STEPS + 1, headDim / 2, 2];
  const values = ropeTableValues(base, headDim);
  const table = device.lasting(() => device.tensor(values, shape, { label: 'rope table' }));
  ofDevice.set(key, table);
  return table;
}

/** cos and sin of position · base^(−2c / D): rows 0…511, then every 512th, then NaN for what lies beyond. */
export function ropeTableValues(base: number, headDim: number): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const values = new Float32Array((2 * STEPS + 1) * half * 2).fill(Number.NaN);
  for (let row = 0; row < 2 * STEPS; row++) {
    const position = row < STEPS ? row : (row - STEPS) * STEPS;
    for (let c = 0; c < half; c++) {
      const angle = position * base ** ((-2 * c) / headDim);
      values[2 * (row * half + c)] = Math.cos(angle);
      values[2 * (row * half + c) + 1] = Math.sin(angle);
    }
  }
  return values;
}
