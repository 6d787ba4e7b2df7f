// Forcing variants by name: how users write it, and the checks before a device is made.

import type { DeviceCaps } from '../caps.ts';
import { ArgumentError, UnsupportedError } from '../errors.ts';
import { ALL_OPS, listDefinedVariants, listNames, type Variants } from './define-variants.ts';
import { findMissing } from './requirements.ts';

/**
 * `'tiled'`: for all ops that have it, wherever it can run; `'matmul=tiled'`: for one op, an error where it cannot run;
 * several of both as an array or with commas, or `{ matmul: 'tiled' }`.
 */
export type VariantChoice = string | readonly string[] | Readonly<Record<string, string>>;

/** The choice by op; the key `*` holds for all. @throws ArgumentError naming the ops and variants that exist */
export function parseVariants(choice: VariantChoice): Readonly<Record<string, string>> {
  const forced = isRecord(choice) ? choice : Object.fromEntries(toEntries(choice));
  for (const [op, name] of Object.entries(forced)) assertExists(op, name);
  return forced;
}

/** As users write it, `matmul=tiled, scalar`; `auto` where nothing is forced. */
export const formatVariants = (forced: Readonly<Record<string, string>>): string =>
  Object.entries(forced)
    .map(([op, name]) => (op === ALL_OPS ? name : `${op}=${name}`))
    .join(', ') || 'auto';

const isRecord = (choice: VariantChoice): choice is Readonly<Record<string, string>> =>
  typeof choice === 'object' && !Array.isArray(choice);

function toEntries(choice: string | readonly string[]): (readonly [string, string])[] {
  const words = [choice].flat().flatMap((text) => text.split(','));
  return words
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => {
      const [first = '', second] = word.split('=');
      return second === undefined ? [ALL_OPS, first] : [first, second];
    });
}

function assertExists(op: string, name: string): void {
  const defined = listDefinedVariants();
  const known = op === ALL_OPS ? defined : defined.filter((variants) => variants.op === op);
  if (known.some(({ variants }) => variants.some((variant) => variant.name === name))) return;
  if (defined.length === 0) {
    throw new ArgumentError(
      `variants: expected ops with variants, but none is loaded. Import the package of the op before createDevice.`,
    );
  }
  if (known.length === 0) {
    throw new ArgumentError(
      `variants: expected an op among ${defined.map((variants) => variants.op).join(', ')}, got '${op}'.`,
    );
  }
  const names = new Set(known.flatMap(({ variants }) => variants.map((variant) => variant.name)));
  const of = op === ALL_OPS ? 'any op' : op;
  throw new ArgumentError(
    `variants: expected a variant of ${of} (${[...names].sort().join(', ')}), got '${name}'.`,
  );
}

/** @throws UnsupportedError where the device lacks what a forced variant needs */
export function assertForcedVariantsRun(caps: DeviceCaps): void {
  for (const [op, name] of Object.entries(caps.variants)) {
    const defined = listDefinedVariants().filter(
      (variants) => (op === ALL_OPS || variants.op === op) && find(variants, name),
    );
    const missing = defined.map((variants) => findMissing(find(variants, name)?.requires, caps));
    const first = missing[0];
    if (!first || missing.some((list) => list.length === 0)) continue;
    const names =
      op === ALL_OPS ? '' : ` ${op} has the variants ${listNames(defined[0]?.variants ?? [])}.`;
    throw new UnsupportedError(
      `variants: expected a device that ${op === ALL_OPS ? name : `${op}=${name}`} can run on, but it ${first.join(', ')}.${names}`,
    );
  }
}

const find = ({ variants }: Variants<never>, name: string) =>
  variants.find((variant) => variant.name === name);
