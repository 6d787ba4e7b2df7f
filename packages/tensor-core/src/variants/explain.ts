// Which variant of an op runs on a device, and why the better ones do not. Pure.

import type { DeviceCaps } from '../caps.ts';
import { UnsupportedError } from '../errors.ts';
import { ALL_OPS, findObstacle, listDefinedVariants, type Variants } from './define-variants.ts';

export interface VariantReport {
  readonly op: string;
  /** Name of the variant that runs; null if none can. */
  readonly runs: string | null;
  /** True where the user forced the choice. */
  readonly isForced: boolean;
  /** Best first. */
  readonly variants: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Which variant runs, with a reason for each.
 * @param dims - sizes of the launch; without them only the device counts
 */
export function explainVariants<Dims>(
  variants: Variants<Dims>,
  caps: DeviceCaps,
  dims?: Dims,
): VariantReport {
  const runs = chooseName(variants, caps, dims);
  const forced = caps.variants[variants.op] ?? caps.variants[ALL_OPS];
  const isForced = forced !== undefined && forced === runs;
  let isPast = false;
  const rows = variants.variants.map((variant) => {
    const { name } = variant;
    if (name === runs) {
      isPast = true;
      return { name, reason: isForced ? 'runs: it was asked for' : 'runs' };
    }
    const reason = findObstacle(variant, caps, dims) ?? variant.avoid?.(caps, dims);
    return {
      name,
      reason: reason ?? (isForced || !isPast ? 'could run' : `could run after ${runs}`),
    };
  });
  return { op: variants.op, runs, isForced, variants: rows };
}

function chooseName<Dims>(
  variants: Variants<Dims>,
  caps: DeviceCaps,
  dims: Dims | undefined,
): string | null {
  try {
    return variants.choose(caps, dims).name;
  } catch (error) {
    if (UnsupportedError.isInstance(error)) return null;
    throw error;
  }
}

/** A report for each op whose module is loaded, by name; sizes are left out. */
export const describeVariants = (caps: DeviceCaps): readonly VariantReport[] =>
  listDefinedVariants().map((variants) => explainVariants(variants, caps));
