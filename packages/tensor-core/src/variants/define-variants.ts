// The variants of an op: several kernels for the same work, in order of preference. One place decides which one runs.

import type { DeviceCaps } from '../caps.ts';
import { invariant, UnsupportedError } from '../errors.ts';
import { findMissing, type Requirements } from './requirements.ts';

/**
 * How a variant works: `scalar`: a thread owns its outputs, no workgroup memory; `tiled`: threads share workgroup memory;
 * `subgroup`: threads share registers; `matrix`: subgroup matrices.
 */
export type VariantName = 'scalar' | 'tiled' | 'subgroup' | 'matrix';

export interface Variant<Dims> {
  readonly name: VariantName;
  /** Hard: what the device must have. */
  readonly requires?: Requirements;
  /** Hard: true, or why the variant cannot compute these sizes. */
  supports?(dims: Dims, caps: DeviceCaps): true | string;
  /** Soft: why another variant is better on this device (or for these sizes, where given); null if there is no reason. */
  avoid?(caps: DeviceCaps, dims: Dims | undefined): string | null;
}

export interface Variants<Dims, Extra = unknown> {
  readonly op: string;
  /** Best first. */
  readonly variants: readonly (Variant<Dims> & Extra)[];
  /**
   * The variant that runs on a device: the forced one, else the first that can run and has no reason against it.
   * @param dims - sizes of the launch; without them only the device counts
   * @throws UnsupportedError where a forced variant cannot run, or none can
   */
  choose(caps: DeviceCaps, dims?: Dims): Variant<Dims> & Extra;
}

/** Key of `caps.variants` for a choice that holds for all ops. */
export const ALL_OPS = '*';

const registry = new Map<string, Variants<never>>();

/** All ops with variants whose modules are loaded, by name. */
export const listDefinedVariants = (): readonly Variants<never>[] =>
  [...registry.values()].sort((a, b) => (a.op < b.op ? -1 : 1));

/**
 * Declares the variants of an op, best first.
 * @param op - the name that `createDevice({ variants })` and `--variant` know it by
 */
export function defineVariants<Dims, Extra>(
  op: string,
  variants: readonly (Variant<Dims> & Extra)[],
): Variants<Dims, Extra> {
  const names = variants.map(({ name }) => name);
  invariant(names.length > 0 && new Set(names).size === names.length, `${op}: variants ${names}`);
  const defined: Variants<Dims, Extra> = {
    op,
    variants,
    choose: (caps, dims) => choose(defined, caps, dims),
  };
  registry.set(op, defined as unknown as Variants<never>);
  return defined;
}

function choose<Dims, Extra>(
  { op, variants }: Variants<Dims, Extra>,
  caps: DeviceCaps,
  dims: Dims | undefined,
): Variant<Dims> & Extra {
  const forced = caps.variants[op];
  if (forced !== undefined) {
    const variant = variants.find(({ name }) => name === forced);
    const obstacle = variant ? findObstacle(variant, caps, dims) : 'it does not exist';
    if (variant && obstacle === null) return variant;
    throw new UnsupportedError(
      `${op}: expected a device and sizes that variant ${forced} can run with, but ${obstacle}. ${op} has the variants ${listNames(variants)}.`,
    );
  }
  const possible = variants.filter((variant) => findObstacle(variant, caps, dims) === null);
  const wanted = possible.find(({ name }) => name === caps.variants[ALL_OPS]);
  const best = wanted ?? possible.find((variant) => !variant.avoid?.(caps, dims)) ?? possible[0];
  if (best) return best;
  const reasons = variants.map(
    (variant) => `${variant.name}: ${findObstacle(variant, caps, dims)}`,
  );
  throw new UnsupportedError(
    `${op}: expected a device and sizes that one of its variants can run with, got none. ${reasons.join('; ')}.`,
  );
}

/** Why a variant cannot run, or null if it can. */
export function findObstacle<Dims>(
  variant: Variant<Dims>,
  caps: DeviceCaps,
  dims: Dims | undefined,
): string | null {
  const missing = findMissing(variant.requires, caps);
  if (missing.length > 0) return missing.join(', ');
  const supported = dims === undefined ? true : (variant.supports?.(dims, caps) ?? true);
  return supported === true ? null : supported;
}

export const listNames = (variants: readonly { readonly name: string }[]): string =>
  variants.map(({ name }) => name).join(', ');
