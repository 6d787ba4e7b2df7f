// A test suite that needs a device: once per variant named, skipped aloud where no adapter is, red where one must be.

import { beforeAll, beforeEach, describe } from 'vitest';
import type { Device } from '../api.ts';
import { createDevice } from '../create-device.ts';
import { NoAdapterError, UnsupportedError } from '../errors.ts';
import { findMissing, type Requirements, type VariantName } from '../variants/index.ts';

/** `auto`: each op runs the variant that suits the adapter. */
type SuiteVariant = VariantName | 'auto';

/** By forced variant. Files that run in one process (`isolate: false`) share them: kernels compile once. */
const devices = new Map<SuiteVariant, Promise<Device>>();

function sharedDevice(variant: SuiteVariant): Promise<Device> {
  const device =
    devices.get(variant) ?? createDevice(variant === 'auto' ? {} : { variants: variant });
  devices.set(variant, device);
  return device;
}

/** These need features that an adapter may lack; the other variants have to run on every device. */
const OPTIONAL_VARIANTS: readonly SuiteVariant[] = ['subgroup', 'matrix'];

/** Without an adapter, or without what the variant or the suite needs, unless the environment says that they must be there. */
function mayBeSkipped(error: unknown, variant: SuiteVariant, hasRequirements: boolean): boolean {
  const { FOX_REQUIRE_GPU, FOX_REQUIRE_MATRIX } = process.env;
  if (NoAdapterError.isInstance(error)) return FOX_REQUIRE_GPU !== '1';
  if (!(hasRequirements || OPTIONAL_VARIANTS.includes(variant))) return false;
  return UnsupportedError.isInstance(error) && FOX_REQUIRE_MATRIX !== '1';
}

/** @throws UnsupportedError */
function assertOffers({ caps }: Device, requires: Requirements | undefined): void {
  const missing = findMissing(requires, caps);
  if (missing.length > 0) throw new UnsupportedError(`this suite ${missing.join(', ')}.`);
}

/**
 * Runs the suite with the variants that suit the adapter, or once per variant named, forced for all ops that have it.
 * FOX_REQUIRE_GPU=1 turns a missing adapter from a skip into a failure, FOX_REQUIRE_MATRIX=1 (on the matrix adapter) a subgroup or matrix variant that cannot run.
 * @param options.requires - what the suite needs of the adapter, such as `{ features: ['f16'] }`: skipped like a matrix variant where it lacks that
 */
export function gpuSuite(
  name: string,
  body: (device: () => Device, variant: SuiteVariant) => void,
  variants: readonly SuiteVariant[] = ['auto'],
  { requires }: { readonly requires?: Requirements } = {},
): void {
  if (process.env.FOX_VARIANTS && !variants.includes('auto')) {
    console.warn(`${name}: forces ${variants.join(', ')} itself; FOX_VARIANTS is not used here.`);
  }
  for (const variant of variants) {
    describe(variant === 'auto' ? name : `${name} (${variant} kernels)`, () => {
      let device: Device | null = null;
      let reason = '';
      beforeAll(async () => {
        try {
          const shared = await sharedDevice(variant);
          assertOffers(shared, requires);
          device = shared;
        } catch (error) {
          if (!mayBeSkipped(error, variant, requires !== undefined)) throw error;
          reason = (error as Error).message;
        }
      });
      beforeEach((context) => {
        if (!device) context.skip(reason);
      });
      body(() => device as Device, variant);
    });
  }
}
