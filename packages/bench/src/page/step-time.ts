// Where the time of a training step goes: kernels, grouped by the part of the step that they belong to.

import type { Bar, StackedBars } from '@vulpes/charts';
import type { BenchReport, CaseReport, VariantReport } from '../report/report.ts';
import type { KernelTotal } from '../schema.ts';
import { stepPartOf, stepParts } from './step-parts.ts';

/** One bar a training case and variant; null where none was profiled. Software adapters: each step has 100 %. */
export function stepTimeChart({ cases, timesAre }: BenchReport): StackedBars | null {
  const isAbsolute = timesAre === 'absolute';
  const steps = cases.filter(({ suite }) => suite === 'training');
  const bars = steps.flatMap((step) => barsOf(step, isAbsolute));
  if (bars.length === 0) return null;
  return {
    title: titleOf(steps),
    subtitle: `Kernels by GPU timestamps, of one run; preset, tokens, variant. ${isAbsolute ? 'The length of a bar is relative to the first variant of its case.' : 'How a step splits: bars of a software adapter tell nothing about each other.'}`,
    width: 1200,
    x: { label: isAbsolute ? "share of the first variant's step" : 'share of the step', unit: '%' },
    bars,
    families: stepParts,
  };
}

function barsOf({ preset, dims, variants }: CaseReport, isAbsolute: boolean): Bar[] {
  const first = sumMs(variants[0]?.timing?.kernels ?? []);
  return variants.flatMap((variant) => {
    const kernels = variant.timing?.kernels ?? [];
    const sum = sumMs(kernels);
    const whole = isAbsolute ? first : sum;
    if (!(sum > 0 && whole > 0)) return [];
    const launches = kernels.reduce((all, kernel) => all + kernel.launches, 0);
    return {
      name: `${preset ?? ''} ${dims.T} ${variant.name}`.trim(),
      parts: partsOf(variant, { whole, sum, isAbsolute }),
      total: isAbsolute ? `${threeDigits(sum)} ms` : `${launches} launches`,
    };
  });
}

function partsOf(
  { timing }: VariantReport,
  { whole, sum, isAbsolute }: { whole: number; sum: number; isAbsolute: boolean },
): Bar['parts'] {
  return byKernel(timing?.kernels ?? []).map(({ name, ms, launches }) => {
    const time = isAbsolute ? `${threeDigits(ms)} ms, ` : '';
    const share = `${((100 * ms) / sum).toFixed(1)} % of the step`;
    return {
      name,
      family: stepPartOf(name),
      value: (100 * ms) / whole,
      text: `${name}: ${time}${share}, launched ${launches} times`,
    };
  });
}

/** Specs of one kernel added up: `matmul-tiled[TILE_M=128,…]` counts as `matmul-tiled`. */
export function byKernel(
  kernels: readonly KernelTotal[],
): { name: string; ms: number; launches: number }[] {
  const totals = new Map<string, { ms: number; launches: number }>();
  for (const { label, ms, launches } of kernels) {
    const name = label.split('[')[0] as string;
    const total = totals.get(name) ?? { ms: 0, launches: 0 };
    totals.set(name, { ms: total.ms + ms, launches: total.launches + launches });
  }
  return [...totals].map(([name, total]) => ({ name, ...total }));
}

const sumMs = (kernels: readonly KernelTotal[]): number =>
  kernels.reduce((sum, { ms }) => sum + ms, 0);

/** Names the two largest parts of the last step's first variant. */
function titleOf(steps: readonly CaseReport[]): string {
  const last = steps.findLast(({ variants }) => variants[0]?.timing?.kernels.length);
  const variant = last?.variants[0];
  const kernels = byKernel(variant?.timing?.kernels ?? []);
  const sum = kernels.reduce((all, { ms }) => all + ms, 0);
  const shares = stepParts.map((part) => {
    const own = kernels.filter(({ name }) => stepPartOf(name) === part);
    return { part, share: own.reduce((all, { ms }) => all + ms, 0) / sum };
  });
  const [most, next] = shares.sort((a, b) => b.share - a.share);
  const percent = (share = 0) => `${(100 * share).toFixed(0)} %`;
  return `A training step is ${percent(most?.share)} ${most?.part}, ${percent(next?.share)} ${next?.part} (${[last?.preset, last?.dims.T, variant?.name].filter(Boolean).join(' ')})`;
}

/** Without an exponent: 0.123, 13.4, 2,442. */
const threeDigits = (value: number): string =>
  value < 1000 ? value.toPrecision(3) : Math.round(value).toLocaleString('en-US');
