// Baselines as bars: for each case the time of every runner against ours.

import type { RatioBars } from '@vulpes/charts';
import type { BenchReport } from '../report/report.ts';
import { timeOverOurs } from '../report/rows.ts';

/** Null where no runner has a time beside ours. */
export function baselineChart(report: BenchReport): RatioBars | null {
  const order = report.cases.map(({ id }) => id);
  const place = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length);
  const sorted = [...report.comparisons].sort((a, b) => place(a.case) - place(b.case));
  const rows = sorted.flatMap((row) => {
    const against = timeOverOurs(row, report);
    if (!against || !(against.ratio > 0)) return [];
    const group = `${row.case}, ${row.variant}`;
    return { group, name: row.runner, kind: `${against.clock} clock`, ratio: against.ratio };
  });
  if (rows.length === 0) return null;
  const faster = rows.filter(({ ratio }) => ratio < 1).length;
  return {
    title: `${faster} of ${rows.length} times of other runners are shorter than ours`,
    subtitle:
      'Time of each runner / ours, by the GPU clock where both have one, else both by the wall clock. What differs from our work stands in the note of the table.',
    width: 960,
    label: 'its time / ours (1 = Vulpes)',
    sides: ['faster than ours', 'slower than ours'],
    rows,
  };
}
