// Choices of kernels that were measured on one adapter, as data. Which rows there are, and what they mean, is the op's business.

import type { DeviceCaps } from './caps.ts';
import { ArgumentError } from './errors.ts';

/** A product of a certain form and about these sizes, and how to divide it. */
export interface MatmulTuning {
  /** Kernel variant that the tile belongs to. */
  readonly variant: string;
  /** Which factors are stored transposed, such as `nt` for A [M, K] and B [N, K]. */
  readonly form: string;
  /** `f16` if one of the factors is, else `f32`. */
  readonly dtype: string;
  /** Sizes. The one that counts tokens (M, with a transposed A K) holds for its whole power of two. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Name of the workgroup's tile among those of the variant. */
  readonly tile: string;
  /** Parts of K. */
  readonly splits: number;
  /** Median that was measured. */
  readonly microseconds: number;
}

export interface TuningTable {
  /** `adapterKey` of the adapter that was measured. */
  readonly adapter: string;
  /** Fingerprint of the kernels that were measured. */
  readonly kernels: string;
  readonly matmul: readonly MatmulTuning[];
}

/** What times depend on, besides the kernels. */
export const adapterKey = ({ adapter, toggles }: Pick<DeviceCaps, 'adapter' | 'toggles'>): string =>
  [adapter.vendor, adapter.architecture, adapter.device, adapter.description, ...toggles].join('|');

/** FNV-1a hash of a text, 64 bits in hexadecimal digits. */
export function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

/** By which a run says what table it used: parts of K change the last bits of sums. Times do not count. */
export const tuningFingerprint = ({ adapter, kernels, matmul }: TuningTable): string =>
  fingerprint(
    [
      ...[adapter, kernels],
      ...matmul.map(({ variant, form, dtype, m, n, k, tile, splits }) =>
        [variant, form, dtype, m, n, k, tile, splits].join(' '),
      ),
    ].join('\n'),
  );

/** @throws ArgumentError where the table was measured on another adapter */
export function assertTunedFor(caps: DeviceCaps): void {
  const { tuning } = caps;
  if (!tuning || tuning.adapter === adapterKey(caps)) return;
  throw new ArgumentError(
    `createDevice: expected a tuning table of this adapter (${adapterKey(caps)}), got one of ${tuning.adapter}. Measure here with npm run doctor -- --tune, or leave the table out.`,
  );
}
