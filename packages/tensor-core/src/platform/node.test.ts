// Where the adapter comes from, and what is said when there is none.

import { expect, test } from 'vitest';
import { createDevice } from '../create-device.ts';

test('a software adapter that is asked for says what it is and why', async () => {
  const device = await createDevice({ adapter: 'software' });
  expect(device.caps.isSoftware).toBe(true);
  expect(device.caps.notes.join()).toMatch(/software adapter on the CPU: it was asked for/);
  device.dispose();
});

test('hardware that is asked for and missing is an error with a remedy', async () => {
  const outcome = await createDevice({ adapter: 'hardware' }).then(
    (device) => device.caps.isSoftware,
    (error: Error) => error.message,
  );
  // On a machine with a GPU the adapter is real; elsewhere the message names the remedy.
  if (typeof outcome === 'boolean') expect(outcome).toBe(false);
  else
    expect(outcome).toMatch(
      /no GPU with a working driver.*adapter .auto. or .software. \(FOX_ADAPTER\)/,
    );
});
