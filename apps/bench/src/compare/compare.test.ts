// Yardsticks by name, and what a Python without PyTorch says.

import type { ComparisonContext } from '@vulpes/bench';
import { createDevice } from '@vulpes/tensor-core';
import { afterAll, expect, test } from 'vitest';
import { assertYardstickNames, createYardsticks, YardstickError } from './index.ts';

test('an unknown yardstick is refused in one sentence', () => {
  expect(() => assertYardstickNames(['tfjs', 'mlx'])).toThrow(
    "bench: there is no yardstick 'mlx'; the yardsticks are tfjs, jax-js, pytorch.",
  );
  expect(new YardstickError('by a test').code).toBe(YardstickError.name);
});

test('the yardsticks come in the order of their names; the JavaScript peers take turns as one', () => {
  const namesOf = (...names: Parameters<typeof createYardsticks>[0]) =>
    createYardsticks(names).map(({ name }) => name);
  expect(namesOf('tfjs', 'jax-js', 'pytorch')).toEqual(['tfjs, jax-js', 'pytorch']);
  expect(namesOf('pytorch', 'jax-js')).toEqual(['pytorch', 'jax-js']);
  expect(namesOf('jax-js', 'pytorch', 'tfjs')).toEqual(['jax-js, tfjs', 'pytorch']);
  expect(namesOf()).toEqual([]);
});

const device = await createDevice({ adapter: 'software' });
afterAll(() => device.dispose());
const context: ComparisonContext = {
  cases: [],
  device,
  runs: 20,
  onProgress: () => {},
  onMeasurement: () => {},
  onNotMeasured: () => {},
};

test('a Python that is not there is one sentence with the remedy', async () => {
  const [yardstick] = createYardsticks(['pytorch'], { python: '/no/such/python' });
  await expect(yardstick?.run(context)).rejects.toThrow(
    /\/no\/such\/python does not start .*--python PATH/,
  );
});

test('a program that is no Python ends in a sentence that says so', async () => {
  const [yardstick] = createYardsticks(['pytorch'], { python: 'false' });
  await expect(yardstick?.run(context)).rejects.toThrow(
    /^bench --compare pytorch: the script ended with 1: .*\.$/,
  );
});
