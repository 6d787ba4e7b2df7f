// Which kernels a piece of real work launches, without clocks.

import type { Device } from '@vulpes/tensor-core';

/** The names, without specs, of all that `body` launches. */
export async function launchedBy(device: Device, body: () => Promise<unknown>): Promise<string[]> {
  const names = new Set<string>();
  const dispatch = device.dispatch.bind(device);
  device.dispatch = (launch) => {
    names.add(launch.program.label.split('[')[0] as string);
    dispatch(launch);
  };
  try {
    await body();
  } finally {
    device.dispatch = dispatch;
  }
  return [...names];
}
