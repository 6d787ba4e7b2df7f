// Opens an adapter and makes a device on it, by options and settings of the environment.

import { platform } from '#platform';
import type { Device } from './api.ts';
import { featuresToRequest, limitsToRequest, probeCaps } from './caps.ts';
import { GpuDevice } from './device.ts';
import { ArgumentError } from './errors.ts';
import type { AdapterChoice } from './platform/types.ts';
import { assertTunedFor, type TuningTable } from './tuning.ts';
import { assertForcedVariantsRun, parseVariants, type VariantChoice } from './variants/index.ts';

export interface DeviceOptions {
  /** `auto` takes the system's GPU, else a software adapter, and says so. Default: FOX_ADAPTER, else `auto`. */
  adapter?: AdapterChoice;
  /** Forces kernel variants by name: `'tiled'`, `'matmul=tiled'` or `{ matmul: 'tiled' }`. Default: FOX_VARIANTS, else none. */
  variants?: VariantChoice | undefined;
  /** Choices measured on this adapter, as `doctor --tune` writes them. They change the last bits of sums. Default: none. */
  tuning?: TuningTable | undefined;
  /**
   * `validate` looks for NaN and infinity behind every upload and op, and names the first; `replay` records compiled steps at every run and compares.
   * Default: FOX_DEBUG, else `off`.
   */
  debug?: DebugMode;
}

type DebugMode = 'off' | 'validate' | 'replay';

const DEBUG_NOTES = {
  off: [],
  validate: ['Every upload and op is checked for NaN and infinity (debug mode), which takes time.'],
  replay: [
    'Every run of a compiled step is also recorded and compared (debug mode), which takes time.',
  ],
} as const satisfies Record<DebugMode, readonly string[]>;

/**
 * Opens the best adapter.
 * @throws NoAdapterError saying what was tried and what to do
 * @throws ArgumentError UnsupportedError where forced variants do not exist, or cannot run on the device, or the tuning table is another adapter's
 */
export async function createDevice(options: DeviceOptions = {}): Promise<Device> {
  const adapterChoice = options.adapter ?? oneOf('FOX_ADAPTER', ['auto', 'hardware', 'software']);
  const debug = options.debug ?? debugSetting();
  const variants = parseVariants(options.variants ?? platform.setting('FOX_VARIANTS') ?? []);
  const { adapter, toggles, notes } = await platform.openAdapter(adapterChoice);
  const gpu = await adapter.requestDevice({
    label: 'vulpes',
    requiredFeatures: featuresToRequest(adapter),
    requiredLimits: limitsToRequest(adapter),
  });
  const tuning = options.tuning ?? null;
  const allNotes = [...notes, ...DEBUG_NOTES[debug]];
  const caps = probeCaps(gpu, adapter.info, { variants, tuning, toggles, notes: allNotes });
  assertTunedFor(caps);
  assertForcedVariantsRun(caps);
  return new GpuDevice(gpu, caps, debug);
}

/** FOX_DEBUG may hold other words, too, separated by commas. */
function debugSetting(): DebugMode {
  const words = platform.setting('FOX_DEBUG')?.split(',') ?? [];
  return (['validate', 'replay'] as const).find((word) => words.includes(word)) ?? 'off';
}

/** A choice from the environment; the first one is the default. */
function oneOf<const C extends string>(name: string, choices: readonly [C, ...C[]]): C {
  const value = platform.setting(name) ?? choices[0];
  const found = choices.find((choice) => choice === value);
  if (found) return found;
  throw new ArgumentError(`${name}: expected ${choices.join(' | ')}, got '${value}'.`);
}
