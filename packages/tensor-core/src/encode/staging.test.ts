// Host writes between commands keep their order, and split a submit only where they are large.

import { describe, expect, test } from 'vitest';
import { createCountingDevice, type Device } from '../index.ts';
import { gpuSuite, makeCaps } from '../testing/index.ts';

/** Writes 1, 2, … in turn into one tensor and copies each into a tensor of its own. */
function writeInTurn(device: Device, size: number, times: number) {
  const shared = device.empty([size]);
  const copies = Array.from({ length: times }, (_, turn) => {
    device.write(shared, new Float32Array(size).fill(turn + 1));
    const copy = device.empty([size]);
    device.copy(shared, copy);
    return copy;
  });
  return { copies, last: shared };
}

/** In elements. */
const KIB = 2 ** 8;
const sizes = [
  ['a number', 1],
  ['more than fits at first', 300 * KIB],
  ['too much to stage', 4200 * KIB],
] as const;

gpuSuite('writes between commands', (device) => {
  test.each(sizes)('%s: each command sees what was written before it', async (_what, size) => {
    await device().flush();
    const { copies, last } = writeInTurn(device(), size, 5);
    const values = await device().read([...copies, last]);
    values.forEach((data, turn) => {
      const expected = Math.min(turn + 1, 5);
      expect([data[0], data[size - 1]]).toEqual([expected, expected]);
    });
    for (const tensor of [...copies, last]) tensor.dispose();
  });
});

describe('submits', () => {
  const limits = { ...makeCaps().limits, maxBufferSize: 2 ** 30 };
  test.each([
    ['a number', 1, 1],
    ['more than fits at first', 300 * KIB, 1],
    ['too much to stage', 4200 * KIB, 5],
  ] as const)('%s', async (_what, size, submits) => {
    const { device, counts } = createCountingDevice(makeCaps({ limits }));
    writeInTurn(device, size, 5);
    await device.flush();
    expect(counts.submits).toBe(submits);
  });
});
