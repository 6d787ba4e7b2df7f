// Where the time of a training step goes, kernel by kernel.

import type { StackedBars } from '@vulpes/charts';
import type { BenchReport, VariantReport } from '../report.ts';
import type { KernelTotal } from '../timer.ts';

/** One bar a training case and variant; null where none was profiled. Software adapters: percent of the step. */
export function stepTimeChart({ cases, timesAre }: BenchReport): StackedBars | null {
  const isAbsolute = timesAre === 'absolute';
  const bars = cases
    .filter(({ suite }) => suite === 'training')
    .flatMap(({ preset, dims, variants }) =>
      variants.map((variant) => ({
        name: `${preset ?? ''} ${dims.T} ${variant.name}`.trim(),
        parts: partsOf(variant, isAbsolute),
      })),
    )
    .filter(({ parts }) => parts.length > 0);
  if (bars.length === 0) return null;
  return {
    title: 'Where the time of a training step goes',
    subtitle: 'Kernels by GPU timestamps, one run; preset, tokens, variant.',
    x: isAbsolute ? { label: 'GPU time', unit: 'ms' } : { label: 'share of the step', unit: '%' },
    bars,
  };
}

function partsOf(
  { timing }: VariantReport,
  isAbsolute: boolean,
): { name: string; value: number }[] {
  const totals = byKernel(timing?.kernels ?? []);
  const sum = totals.reduce((total, { value }) => total + value, 0);
  return isAbsolute || sum === 0
    ? totals
    : totals.map(({ name, value }) => ({ name, value: (100 * value) / sum }));
}

/** Specs of one kernel added up: `matmul-tiled[TILE_M=128,…]` counts as `matmul-tiled`. */
export function byKernel(kernels: readonly KernelTotal[]): { name: string; value: number }[] {
  const totals = new Map<string, number>();
  for (const { label, ms } of kernels) {
    const name = label.split('[')[0] as string;
    totals.set(name, (totals.get(name) ?? 0) + ms);
  }
  return [...totals].map(([name, value]) => ({ name, value }));
}
