// An axis as callers describe it, and as Plot wants it.

import type { ScaleOptions } from '@observablehq/plot';
import { requireNumbers } from './chart-error.ts';
import { formatNumber, formatPowerOfTwo } from './text.ts';

export interface Axis {
  /** What is measured, e.g. `sequence length`. */
  label: string;
  /** Its unit, e.g. `tokens`; left out where there is none. */
  unit?: string;
  scale?: 'linear' | 'log';
  /** Ticks of a log axis stand at powers of it. Default 10. */
  base?: 2 | 10;
  domain?: readonly [number, number];
}

export const axisText = ({ label, unit }: Axis): string => (unit ? `${label} (${unit})` : label);

/**
 * @param values - all that is placed on the axis; they give the domain of one that has none of its own
 * @throws ChartError for one that has no place on it
 * @internal Plot's types lack those of d3: our declarations must not need them.
 */
export function plotScale(chart: string, axis: Axis, values: readonly number[]): ScaleOptions {
  requireNumbers(chart, axis.label, values, axis.scale);
  const domain = axis.domain ?? domainOf(values, axis);
  const shared = { label: axisText(axis), domain: [...domain], grid: true };
  if (axis.scale !== 'log') return { ...shared, type: 'linear', tickFormat: formatNumber };
  const base = axis.base ?? 10;
  const ticks = logTicks(domain, base);
  const tickFormat = base === 2 ? formatPowerOfTwo : formatNumber;
  return { ...shared, type: 'log', base, ...(ticks.length > 1 && { ticks }), tickFormat };
}

/** Powers of the base inside the range, at most about ten; steps between them where there would be fewer than three. */
export function logTicks([low, high]: readonly [number, number], base: 2 | 10): number[] {
  const [first, last] = [Math.ceil(logOf(low, base) - 1e-9), Math.floor(logOf(high, base) + 1e-9)];
  const stride = Math.max(1, Math.ceil((last - first + 1) / 10));
  const powers: number[] = [];
  for (let power = first; power <= last; power += stride) powers.push(base ** power);
  if (base === 2 || powers.length > 2) return powers;
  // Plot labels only the low multiples of a power where a log axis is long.
  const multiples = powers.length === 2 ? [1, 3] : [1, 2, 5];
  const isInside = (tick: number) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9);
  return [first - 1, first, first + 1, first + 2]
    .flatMap((power) => multiples.map((step) => Number((step * 10 ** power).toPrecision(3))))
    .filter(isInside);
}

const logOf = (value: number, base: 2 | 10) => (base === 2 ? Math.log2(value) : Math.log10(value));

/** The range of the values with a little room; a linear axis of positive values starts at 0. */
export function domainOf(values: readonly number[], axis: Axis): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (axis.scale === 'log') return low === high ? [low / 2, high * 2] : [low, high];
  if (low === high) return low === 0 ? [0, 1] : [Math.min(0, low * 1.2), Math.max(0, high * 1.2)];
  return [low >= 0 ? 0 : low - (high - low) * 0.04, high + (high - low) * 0.04];
}
