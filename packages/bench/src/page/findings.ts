// What a chart of speed shows, in words for its title; nothing where the numbers do not say it.

import { kept } from '../report/format.ts';
import type { VariantReport } from '../report/report.ts';
import type { Summary } from '../schema.ts';
import type { Family } from './speed.ts';

/** GPU time where there is one, else the wall clock's. */
export const timeOf = ({ timing }: VariantReport): Summary | null =>
  timing && (timing.gpuMs ?? timing.wallMs);

/** `16k`, or the number of tokens as it is. */
const tokens = (T = 0): string => (T % 1024 === 0 ? `${T / 1024}k` : String(T));

/** `: dense takes 14.8× as long at 4× the length` */
export function growth({ cases }: Family): string {
  const [from, to] = [cases[0], cases.at(-1)];
  const first = from?.variants[0];
  const last = to?.variants.find(({ name }) => name === first?.name);
  const [short, long] = [first && timeOf(first), last && timeOf(last)];
  if (!short || !long) return '';
  const times = (ratio: number) => `${Number(ratio.toPrecision(3))}×`;
  const length = (to?.dims.T ?? 0) / (from?.dims.T ?? 1);
  return `: ${first?.name} takes ${times(long.median / short.median)} as long at ${times(length)} the length`;
}

/** The best variant at the greatest length: how it compares with the first, or that nobody can tell. */
export function speedupAtEnd({ cases }: Family): string {
  const last = cases.at(-1);
  const [first, ...others] = last?.variants ?? [];
  const rivals = others.flatMap(({ name, timing }) =>
    timing ? [{ name, speedup: timing.speedup }] : [],
  );
  const [best] = rivals.sort((a, b) => b.speedup.median - a.speedup.median);
  if (!first?.timing || !best) return '';
  const { median, p10, p90 } = best.speedup;
  const at = `at ${tokens(last?.dims.T)} tokens`;
  if (p10 <= 1 && p90 >= 1) return `: ${best.name} is not told apart from ${first.name} ${at}`;
  const isSlower = median < 1;
  const says = `${median.toFixed(2)}× as fast as ${first.name} ${at}`;
  return isSlower
    ? `: the best of the others, ${best.name}, is ${says}`
    : `: ${best.name} is ${says}`;
}

/** `: paper 41.0 %, certified 39.5 % at 16k tokens` */
export function keptAtEnd({ cases }: Family): string {
  const last = cases.at(-1);
  const shares = (last?.variants ?? []).flatMap(({ name, counts }) =>
    counts?.prunedShare ? [`${name} ${kept(counts.prunedShare)}`] : [],
  );
  return shares.length > 0 ? `: ${shares.join(', ')} at ${tokens(last?.dims.T)} tokens` : '';
}
