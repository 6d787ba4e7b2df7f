// Two steps of a case on a device and by the reference, for the tests in f32 and in f16.

import { type Device, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { randomArray } from '@vulpes/tensor-core/testing';
import { stepNumbers } from '../step-control/index.ts';
import type { MuonCase } from './muon.cases.ts';
import { referenceMuonStep } from './muon.reference.ts';
import { muonStep } from './muon.ts';

const STEPS = [1, 2];

/** Elements of the slab, with some behind the last matrix. */
export const slabSize = ({ rows, cols, offsets }: MuonCase) =>
  4 * Math.ceil((Math.max(...offsets) + rows * cols + 3) / 4);

const makeControl = ({ factor, settings }: MuonCase, skip = 0) =>
  Float32Array.of(skip, factor, 1 - settings.learningRate * settings.weightDecay, 1, 1, 1, 1, 0);

interface Run {
  readonly skip?: number;
  readonly compute?: 'f32' | 'f16';
  readonly half?: Tensor;
}

/** Parameters and momentum after all steps. */
export async function runCase(
  device: Device,
  row: MuonCase,
  { skip = 0, compute = 'f32', half }: Run = {},
) {
  const size = slabSize(row);
  const { rows, cols, settings } = row;
  const [param, m] = [device.tensor(randomArray(1, size), [size]), device.zeros([size])];
  for (const step of STEPS) {
    device.scope(() => {
      const numbers = stepNumbers({
        ...{ ...settings, beta1: 0.9, beta2: 0.95, maxGradNorm: null, update: step, skipped: 0 },
      });
      muonStep({
        ...{ param, m, half, compute, momentum: settings.momentum },
        grad: device.tensor(randomArray(1 + step, size), [size]),
        matrices: {
          ...{ rows, cols, isAligned: row.offsets.every((offset) => offset % 4 === 0) },
          offsets: device.tensor(Uint32Array.from(row.offsets), [row.offsets.length]),
        },
        control: device.tensor(makeControl(row, skip), [8]),
        numbers: device.tensor(numbers, [numbers.length]),
      });
    });
  }
  const result = {
    param: (await param.data()) as Float32Array,
    m: (await m.data()) as Float32Array,
  };
  disposeAll([param, m]);
  return result;
}

/** Each matrix by itself; what lies between them stays. */
export function expectedOf(row: MuonCase) {
  const size = slabSize(row);
  const whole = { param: Float64Array.from(randomArray(1, size)), m: new Float64Array(size) };
  for (const step of STEPS) {
    const grad = randomArray(1 + step, size);
    for (const offset of row.offsets) {
      const end = offset + row.rows * row.cols;
      const variables = {
        param: whole.param.subarray(offset, end),
        m: whole.m.subarray(offset, end),
      };
      referenceMuonStep(
        variables,
        grad.subarray(offset, end),
        { ...row, ...row.settings },
        row.factor,
      );
    }
  }
  return whole;
}

/** What the steps added to the parameters. */
export const changeOf = (row: MuonCase, param: ArrayLike<number>): number[] => {
  const start = randomArray(1, slabSize(row));
  return Array.from(param, (value, i) => value - start[i]!);
};
