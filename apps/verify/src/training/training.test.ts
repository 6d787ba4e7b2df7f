// Training cases: reading the carried trajectory, and checks that break on what is wrong.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foxConfigFromJson, parameterSpecs } from '@vulpes/lm-models';
import { beforeAll, describe, expect, test } from 'vitest';
import { holds } from '../check.ts';
import { FIXTURES } from '../options.ts';
import { changeVectors, copyFixture, inTemporaryFolder } from '../testing/change-fixtures.ts';
import { Vectors } from '../vectors.ts';
import { firstSteps, readTrajectory, type Trajectory } from './case.ts';
import { compareTraining } from './check.ts';
import type { TrainingResults } from './run.ts';

const CASE = 'training/fox_pro';
const FILE = 'trajectory.safetensors';

const read = async (path: string): Promise<Trajectory> => {
  const config = foxConfigFromJson(await readFile(join(FIXTURES, CASE, 'config.json'), 'utf8'));
  return readTrajectory(await Vectors.read(path), parameterSpecs(config));
};

const readAfter = (change: Parameters<typeof changeVectors>[1]) =>
  inTemporaryFolder(async (folder) => {
    const path = join(await copyFixture(folder, CASE), FILE);
    await changeVectors(path, change);
    return read(path);
  });

let trajectory: Trajectory;
beforeAll(async () => {
  trajectory = await read(join(FIXTURES, CASE, FILE));
});

describe('reading', () => {
  test('labels are the tokens after the inputs', () => {
    expect(trajectory.steps).toBe(24);
    expect(trajectory.batches).toHaveLength(24);
    const { inputs, labels, shape } = trajectory.batches[5]!;
    expect(shape).toEqual([4, 64]);
    for (let row = 0; row < 4; row++) {
      const [start, end] = [row * 64, (row + 1) * 64];
      expect(labels.subarray(start, end - 1)).toEqual(inputs.subarray(start + 1, end));
    }
  });

  test('the first steps of a run are a run', () => {
    const first = firstSteps(trajectory, 8);
    expect([first.steps, first.batches.length, first.loss.length]).toEqual([8, 8, 8]);
    expect(first.loss[7]).toBe(trajectory.loss[7]);
    expect(firstSteps(trajectory, 24)).toBe(trajectory);
  });

  test.each(['tokens', 'loss', 'grad_norm', 'lr'])('a case needs %s', async (name) => {
    const reading = readAfter((tensors) => void tensors.delete(name));
    await expect(reading).rejects.toThrow(`expected a tensor ${name},`);
  });

  test('losses of another number of steps do not fit', async () => {
    const reading = readAfter((tensors) => {
      tensors.set('loss', { shape: [23], data: new Float32Array(23) });
    });
    await expect(reading).rejects.toThrow('expected loss [S=24], got [23]');
  });

  test('final parameters may be missing only where the header says so', async () => {
    expect(trajectory.final).toBeNull();
    const reading = readAfter((_, metadata) => {
      delete metadata.left_out;
    });
    await expect(reading).rejects.toThrow('expected a tensor final.');
  });
});

describe('comparing', () => {
  const final = () => new Map([['a', Float32Array.of(1, 2)]]);
  const results = (changed: Partial<TrainingResults> = {}): TrainingResults => ({
    loss: [...trajectory.loss],
    gradNorm: [...trajectory.gradNorm],
    final: { a: { shape: [2], data: Float32Array.of(1, 2) } },
    prunedShare: null,
    ...changed,
  });
  const broken = (changed: Partial<TrainingResults>) =>
    compareTraining({ ...trajectory, final: final() }, results(changed))
      .filter((check) => !holds(check))
      .map(({ name, measure }) => `${name}: ${measure}`);

  test('the official run holds against itself', () => expect(broken({})).toEqual([]));

  test('one step off by 3e-3 breaks, and the check names it', () => {
    const loss = [...trajectory.loss].map((value, step) => (step === 7 ? value * 1.003 : value));
    expect(broken({ loss })).toEqual(['loss: relative error, worst of 24 steps: step 8']);
  });

  test('a run that ends early breaks', () => {
    expect(broken({ loss: [...trajectory.loss].slice(0, 23) })).toHaveLength(1);
  });

  test('gradient norms and final parameters are checked as well', () => {
    const gradNorm = [...trajectory.gradNorm].map((value) => value * 1.02);
    expect(broken({ gradNorm })[0]).toMatch('grad norm');
    expect(broken({ final: {} })[0]).toMatch('final');
  });
});
