// Baselines as bars: for each case the time of every other library over ours.

import type { RowBars } from '@vulpes/charts';
import type { BenchReport } from '../report/report.ts';
import { timeOverOurs } from '../report/rows.ts';

/** Null where no baseline has a time beside ours. */
export function baselineChart(report: BenchReport): RowBars | null {
  const order = report.cases.map(({ id }) => id);
  const place = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length);
  const sorted = [...report.comparisons].sort((a, b) => place(a.case) - place(b.case));
  const rows = sorted.flatMap((row) => {
    const against = timeOverOurs(row, report);
    if (!against || !(against.ratio > 0)) return [];
    const group = `${row.case}, ${row.variant}`;
    return { group, name: row.runner, kind: `${against.clock} time`, value: against.ratio };
  });
  if (rows.length === 0) return null;
  return {
    title: 'Time of other libraries over ours',
    subtitle:
      'Below 1 the other library is faster. GPU time where both have it, else wall time. What differs from our workload stands in the note of the table.',
    width: 960,
    x: { label: 'its time / ours (1 = Vulpes)', scale: 'log' },
    rows,
  };
}
