// A clock for tests that must hold on any load: time passes only where a test says so.

import type { Device } from '@vulpes/tensor-core';
import { vi } from 'vitest';

export interface ControlledClock {
  /** The host is busy. */
  advance(ms: number): void;
  /** The device has work: the next `finish` takes so much longer. */
  queue(ms: number): void;
}

/** Until `vi.restoreAllMocks()`. */
export function controlClock(device: Device): ControlledClock {
  let [now, queued] = [0, 0];
  const finish = device.finish.bind(device);
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(device, 'finish').mockImplementation(async () => {
    await finish();
    now += queued;
    queued = 0;
  });
  return {
    advance(ms) {
      now += ms;
    },
    queue(ms) {
      queued += ms;
    },
  };
}
