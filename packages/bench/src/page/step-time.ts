// Where the time of a training step goes, kernel by kernel.

import type { RowBars } from '@vulpes/charts';
import type { BenchReport, CaseReport } from '../report/report.ts';
import type { KernelTotal } from '../schema.ts';

const SHOWN_KERNELS = 10;

/** One group a training case and variant, in percent of the step's GPU time; null where none was profiled. */
export function stepTimeChart({ cases }: BenchReport): RowBars | null {
  const steps = cases.filter(({ suite }) => suite === 'training');
  const rows = steps.flatMap(toRows);
  if (rows.length === 0) return null;
  return {
    title: 'Where the time of a training step goes',
    subtitle: `Share of the GPU time of one step; the ${SHOWN_KERNELS} kernels that take longest, and the rest.`,
    width: 960,
    x: { label: 'share of the step', unit: '%' },
    rows,
  };
}

function toRows({ preset, dims, variants }: CaseReport): RowBars['rows'] {
  return variants.flatMap(({ name, timing }) => {
    const kernels = byKernel(timing?.kernels ?? []);
    const sum = kernels.reduce((all, { ms }) => all + ms, 0);
    if (!(sum > 0)) return [];
    const group = `${preset ?? ''} T${dims.T} ${name}`.trim();
    const [shown, rest] = [kernels.slice(0, SHOWN_KERNELS), kernels.slice(SHOWN_KERNELS)];
    const restMs = rest.reduce((all, { ms }) => all + ms, 0);
    const entries =
      rest.length > 0 ? [...shown, { name: `${rest.length} others`, ms: restMs }] : shown;
    return entries.map((entry) => {
      return { group, name: entry.name, kind: 'share', value: (100 * entry.ms) / sum };
    });
  });
}

/** Specs of one kernel added up, the longest first: `matmul-tiled[TILE_M=128,…]` counts as `matmul-tiled`. */
export function byKernel(kernels: readonly KernelTotal[]): { name: string; ms: number }[] {
  const totals = new Map<string, number>();
  for (const { label, ms } of kernels) {
    const name = label.split('[')[0] as string;
    totals.set(name, (totals.get(name) ?? 0) + ms);
  }
  return [...totals].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms);
}
