// A report as an HTML page: charts, then every number.

import type { Page, Section } from '@vulpes/charts';
import { peakWarning } from '../peaks/peak-warning.ts';
import { adapterName } from '../report/machine.ts';
import type { BenchReport } from '../report/report.ts';
import { comparisonTable, type RowTable, suiteTables } from '../report/rows.ts';
import { formatPeaks } from '../report/table.ts';
import { kernelTable } from './kernel-table.ts';
import { commitOf, machineTable } from './machine-table.ts';
import { rooflineChart } from './roofline.ts';
import { speedCharts } from './speed.ts';
import { stepTimeChart } from './step-time.ts';
import { yardstickChart } from './yardsticks.ts';

/** @returns a whole HTML document. The charts are loaded here: they take longer than a small run. */
export async function reportPage(report: BenchReport): Promise<string> {
  const { htmlPage, lineChart, ratioBars, roofline, stackedBars } = await import('@vulpes/charts');
  const [speeds, roof, step] = [speedCharts(report), rooflineChart(report), stepTimeChart(report)];
  const yardsticks = yardstickChart(report);
  const charts: Section[] = [
    ...(yardsticks ? [{ heading: 'Beside other libraries', svg: ratioBars(yardsticks) }] : []),
    ...(speeds.length ? [{ heading: 'Speed against length', svg: speeds.map(lineChart) }] : []),
    ...(step ? [{ heading: 'A training step', svg: stackedBars(step) }] : []),
    ...(roof ? [{ heading: 'Roofline', svg: roofline(roof) }] : []),
  ];
  return htmlPage(pageOf(report, charts));
}

function pageOf(report: BenchReport, charts: readonly Section[]): Page {
  const { createdAt, machine } = report;
  return {
    title: `Vulpes benchmark: ${adapterName(machine)}`,
    subtitle: `${createdAt.slice(0, 16).replace('T', ' ')} UTC, ${commitOf(machine)}`,
    sections: [
      { heading: 'What the numbers are', text: textOf(report), table: machineTable(report) },
      ...charts,
      ...suiteTables(report).map(({ suite, table }) => ({ heading: `Suite ${suite}`, table })),
      ...tableSection('Yardsticks', comparisonTable(report)),
      ...tableSection('Kernels and chosen specs', kernelTable(report)),
      ...tableSection('Not measured', missingTable(report)),
    ],
  };
}

const tableSection = (heading: string, table: RowTable | null): Section[] =>
  table ? [{ heading, table }] : [];

const textOf = (report: BenchReport): string =>
  [
    report.note,
    report.peaks && report.timesAre === 'absolute'
      ? `This run's ${formatPeaks(report.peaks)}.`
      : '',
    peakWarning(report),
    'Every variant was checked against its f64 twin before it was timed. A star marks the bound: the larger of the two shares. Speed-ups are against the first variant of a case, in runs that take turns.',
  ].join('\n\n');

const missingTable = ({ notMeasured }: BenchReport): RowTable | null =>
  notMeasured.length === 0
    ? null
    : {
        columns: ['runner', 'case', 'why'],
        rows: notMeasured.map(({ runner, case: id, why }) => [runner, id, why]),
      };
