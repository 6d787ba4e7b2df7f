// A report as an HTML page: charts, then every number.

import type { Page, Section } from '@vulpes/charts';
import { adapterName, commitOf } from '../report/machine.ts';
import { listNotMeasured } from '../report/not-measured.ts';
import type { BenchReport } from '../report/report.ts';
import { comparisonTable, type RowTable, suiteTables } from '../report/rows.ts';
import { formatPeaks } from '../report/table.ts';
import { baselineChart } from './baselines.ts';
import { machineTable } from './machine-table.ts';
import { speedCharts } from './speed.ts';
import { stepTimeChart } from './step-time.ts';

export interface ReportChart {
  /** Of the section that it stands in. */
  readonly heading: string;
  /** For a file: `speed-up-of-forgetting-attention-forward-b1-h12-d64`. */
  readonly name: string;
  /** Stands alone, without the page. */
  readonly svg: string;
}

/** Every chart that the report has data for. They are loaded here: they take longer than a small run. */
export async function reportCharts(report: BenchReport): Promise<ReportChart[]> {
  const { lineChart, rowBars } = await import('@vulpes/charts');
  const [step, baselines] = [stepTimeChart(report), baselineChart(report)];
  const draw = (heading: string, svg: string, name = heading): ReportChart => ({
    heading,
    name: toFileName(name),
    svg,
  });
  return [
    ...(baselines ? [draw('Beside other libraries', rowBars(baselines))] : []),
    ...speedCharts(report).map((chart) =>
      draw('Speed against length', lineChart(chart), chart.title),
    ),
    ...(step ? [draw('A training step', rowBars(step))] : []),
  ];
}

const toFileName = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** @returns a whole HTML document */
export async function reportPage(report: BenchReport): Promise<string> {
  const { htmlPage } = await import('@vulpes/charts');
  const sections = new Map<string, string[]>();
  for (const { heading, svg } of await reportCharts(report)) {
    sections.set(heading, [...(sections.get(heading) ?? []), svg]);
  }
  const charts = [...sections].map(([heading, svg]) => ({ heading, svg }));
  return htmlPage(pageOf(report, charts));
}

function pageOf(report: BenchReport, charts: readonly Section[]): Page {
  const { createdAt, machine } = report;
  const missing = listNotMeasured(report).map((line) => [line]);
  return {
    title: `Vulpes benchmark: ${adapterName(machine)}`,
    subtitle: `${createdAt.slice(0, 16).replace('T', ' ')} UTC, ${commitOf(machine)}`,
    sections: [
      { heading: 'What the numbers are', text: textOf(report), table: machineTable(report) },
      ...charts,
      ...suiteTables(report).map(({ suite, table }) => ({ heading: `Suite ${suite}`, table })),
      ...tableSection('Baselines', comparisonTable(report)),
      ...tableSection('Not measured', { columns: ['runner, case: why'], rows: missing }),
    ],
  };
}

/** None without rows. */
const tableSection = (heading: string, table: RowTable | null): Section[] =>
  table && table.rows.length > 0 ? [{ heading, table }] : [];

const textOf = (report: BenchReport): string =>
  [
    report.note,
    report.peaks && report.timesAre === 'absolute'
      ? `This run's ${formatPeaks(report.peaks)}.`
      : '',
    'Every variant was checked against its f64 reference before it was timed. A star marks the bound: the larger of the two shares. Speed-ups are against the first variant of a case, in runs that take turns.',
  ].join('\n\n');
