// What the files of this package share about a device, and users do not see.

import type { Device, Tensor } from './api.ts';
import type { Recording } from './autograd/recording.ts';
import type { DebugMemory } from './debug-memory.ts';
import type { ReplayHost } from './replay/replay-host.ts';
import type { ScopeStack } from './scope.ts';
import type { FiniteChecks } from './validate/finite-checks.ts';

export interface DeviceInternals {
  readonly scopes: ScopeStack;
  /** Looks behind every upload and op for NaN and infinity; null unless the device was made to. */
  readonly checks: FiniteChecks | null;
  /** Poisoned memory and guard words, for tests. */
  readonly debugMemory: DebugMemory;
  /** Records steps for replay, and replays them. */
  readonly replay: ReplayHost;
  /** Set while `vjp` records, but not inside an op's forward. */
  recording: Recording | null;
}

const internals = new WeakMap<Device, DeviceInternals>();

export function setInternals(device: Device, parts: DeviceInternals): DeviceInternals {
  internals.set(device, parts);
  return parts;
}

export const getInternals = (device: Device): DeviceInternals =>
  internals.get(device) as DeviceInternals;

/** Gives a tensor to the scope that is open now; without one it stays the caller's. */
export function adopt(tensor: Tensor): Tensor {
  getInternals(tensor.device).scopes.add(tensor);
  return tensor;
}
