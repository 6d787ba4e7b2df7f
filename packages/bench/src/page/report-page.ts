// A report as an HTML page: charts, then every number.

import type { Page, Section } from '@vulpes/charts';
import { count } from '../format.ts';
import { adapterName } from '../machine.ts';
import type { BenchReport } from '../report.ts';
import { comparisonTable, suiteTables } from '../rows.ts';
import { formatPeaks } from '../table.ts';
import { rooflineChart } from './roofline.ts';
import { speedCharts } from './speed.ts';
import { stepTimeChart } from './step-time.ts';

/** @returns a whole HTML document. The charts are loaded here: they take longer than a small run. */
export async function reportPage(report: BenchReport): Promise<string> {
  const { htmlPage, lineChart, roofline, stackedBars } = await import('@vulpes/charts');
  const [speeds, roof, step] = [speedCharts(report), rooflineChart(report), stepTimeChart(report)];
  const charts: Section[] = [
    ...(speeds.length ? [{ heading: 'Speed against length', svg: speeds.map(lineChart) }] : []),
    ...(roof ? [{ heading: 'Roofline', svg: roofline(roof) }] : []),
    ...(step ? [{ heading: 'A training step', svg: stackedBars(step) }] : []),
  ];
  return htmlPage(pageOf(report, charts));
}

function pageOf(report: BenchReport, charts: readonly Section[]): Page {
  const { createdAt, machine } = report;
  const comparison = comparisonTable(report);
  return {
    title: `Vulpes benchmark: ${adapterName(machine)}`,
    subtitle: `${createdAt.slice(0, 16).replace('T', ' ')} UTC, ${commitOf(report)}`,
    sections: [
      { heading: 'What the numbers are', text: textOf(report), table: machineTable(report) },
      ...charts,
      ...suiteTables(report).map(({ suite, table }) => ({ heading: `Suite ${suite}`, table })),
      ...(comparison ? [{ heading: 'Yardsticks', table: comparison }] : []),
      ...missingOf(report),
    ],
  };
}

function commitOf({ machine: { host } }: BenchReport): string {
  if (!host.commit) return 'commit unknown';
  return `commit ${host.commit.slice(0, 10)}${host.isDirty ? ', files changed' : ''}`;
}

const textOf = (report: BenchReport): string =>
  [
    report.note,
    report.peaks && report.timesAre === 'absolute' ? `${formatPeaks(report.peaks)}.` : '',
    `Every variant was checked against its f64 twin before it was timed; ${count(report.refused.length, 'output')} refused. A star marks the bound: the larger of the two shares. Speed-ups are against the first variant of a case, in runs that take turns.`,
  ].join('\n\n');

function machineTable({ machine }: BenchReport) {
  const { adapter, features, toggles, host } = machine;
  const has = Object.entries(features).filter(([, isThere]) => isThere);
  return {
    columns: ['machine', ''],
    rows: [
      ['adapter', `${adapter.vendor} ${adapter.device || adapter.architecture}`],
      ['driver', adapter.description],
      ['kernels', machine.kernels],
      ['features', has.map(([name]) => name).join(', ') || 'none'],
      ['toggles', toggles.join('; ') || 'none'],
      ['host', `${host.cpu ?? 'unknown CPU'}, ${count(host.cores, 'core')}, ${host.platform}`],
      ['runtime', host.runtime],
    ],
  };
}

const missingOf = ({ notMeasured }: BenchReport): Section[] =>
  notMeasured.length === 0
    ? []
    : [
        {
          heading: 'Not measured',
          table: {
            columns: ['runner', 'case', 'why'],
            rows: notMeasured.map(({ runner, case: id, why }) => [runner, id, why]),
          },
        },
      ];
