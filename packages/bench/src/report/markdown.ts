// A report's tables as a Markdown file.

import { counted } from './format.ts';
import { formatInvocation } from './invocation.ts';
import { adapterName, commitOf } from './machine.ts';
import { listNotMeasured } from './not-measured.ts';
import type { BenchReport } from './report.ts';
import { comparisonTable, type RowTable, suiteTables } from './rows.ts';
import { formatPeaks } from './table.ts';

/** @param name of the JSON file, which is beside the document */
export function reportMarkdown(report: BenchReport, name: string): string {
  const comparison = comparisonTable(report);
  const sections = [
    formatHead(report, name),
    ...suiteTables(report).map(({ suite, table }) => `## ${suite}\n\n${markdownTable(table)}`),
    ...(comparison ? [`## Beside other libraries\n\n${markdownTable(comparison)}`] : []),
    ...formatMissing(report),
  ];
  return `${sections.join('\n\n')}\n`;
}

function formatHead(report: BenchReport, name: string): string {
  const { machine, createdAt, peaks, timesAre, settings } = report;
  const { cpu, cores } = machine.host;
  const invocation = formatInvocation(settings);
  return [
    `# ${name.replace(/\.json$/, '')}\n`,
    `Made from [${name}](${name}) by \`npm run bench -- table\`; do not edit.\n`,
    `${adapterName(machine)}; ${cpu ?? 'unknown CPU'}, ${counted(cores, 'core')}; ${createdAt.slice(0, 10)}, ${commitOf(machine)}.`,
    ...(invocation ? [`Options: \`${invocation}\`.`] : []),
    ...(peaks && timesAre === 'absolute' ? [`This run's ${formatPeaks(peaks)}.`] : []),
    `${report.note} A star marks the bound: the larger share. Speed-ups are against the first variant of a case.`,
  ].join('\n');
}

function formatMissing(report: BenchReport): string[] {
  const lines = listNotMeasured(report).map((line) => `- ${line}`);
  return lines.length > 0 ? [`## Not measured\n\n${lines.join('\n')}`] : [];
}

function markdownTable({ columns, rows }: RowTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}
