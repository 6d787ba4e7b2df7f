// `bench compare`, `bench table` and `bench page`: what is made of stored reports.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  type BenchReport,
  compareReports,
  parseReport,
  reportCharts,
  reportMarkdown,
  reportPage,
} from '@vulpes/bench';
import { type Output, parseExistingFile } from '@vulpes/cli-kit';
import { ArgumentError } from '@vulpes/tensor-core';
import { Argument, Command } from 'commander';
import { toPage } from './report-writer.ts';

/**
 * Each is given what stands behind its name, and returns the exit code.
 * @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError for a file that is no report, and for one with failed checks
 */
export const storedCommands: Readonly<
  Record<string, (argv: readonly string[], stdout: Output) => number | Promise<number>>
> = { compare, table, page };

/** Two reports of one machine, case by case. @throws ArgumentError for reports of two machines */
function compare(argv: readonly string[], stdout: Output): number {
  const command = create(
    'compare',
    'Compares two stored reports of one machine: time of B / time of A.',
  )
    .addArgument(reportArgument('<a>', 'a report.json, before'))
    .addArgument(reportArgument('<b>', 'a report.json, after'))
    .parse([...argv], { from: 'user' });
  const [a, b] = command.processedArgs as [string, string];
  const compared = compareReports(readReport('compare', a), readReport('compare', b));
  stdout.write(`A: ${a}\nB: ${b}\n\n${compared}\n`);
  return 0;
}

/** The tables as Markdown files beside the reports. */
function table(argv: readonly string[], stdout: Output): number {
  const command = create('table', 'Writes the tables of stored reports as Markdown beside them.')
    .addArgument(
      new Argument('<reports...>', 'report.json files').argParser(
        (file: string, earlier: string[] = []) => [...earlier, parseExistingFile(file)],
      ),
    )
    .parse([...argv], { from: 'user' });
  for (const file of command.processedArgs[0] as string[]) {
    const target = `${file.replace(/\.json$/, '')}.md`;
    writeFileSync(target, reportMarkdown(readReport('table', file), basename(file)));
    stdout.write(`Wrote ${target}.\n`);
  }
  return 0;
}

/** The page beside the report, or the pictures. */
async function page(argv: readonly string[], stdout: Output): Promise<number> {
  const command = create('page', 'Draws a stored report.')
    .addArgument(reportArgument('<report>', 'a report.json'))
    .option('--pictures <folder>', 'write each chart as an SVG file, and no page')
    .parse([...argv], { from: 'user' });
  const [file = ''] = command.processedArgs as [string];
  const { pictures } = command.opts<{ pictures?: string }>();
  const report = readReport('page', file);
  if (pictures === undefined) {
    writeFileSync(toPage(file), await reportPage(report));
    stdout.write(`Wrote ${toPage(file)}.\n`);
    return 0;
  }
  const folder = resolve(pictures);
  mkdirSync(folder, { recursive: true });
  const charts = await reportCharts(report);
  for (const { name, svg } of charts) writeFileSync(join(folder, `${name}.svg`), svg);
  stdout.write(`Wrote ${charts.length} pictures to ${folder}.\n`);
  return 0;
}

const create = (name: string, description: string): Command =>
  new Command(`bench ${name}`).description(description).allowExcessArguments(false).exitOverride();

const reportArgument = (name: string, description: string): Argument =>
  new Argument(name, description).argParser(parseExistingFile);

function readReport(command: string, file: string): BenchReport {
  const report = parseReport(readFileSync(file, 'utf8'), file);
  if (report.failedChecks.length === 0) return report;
  throw new ArgumentError(
    `bench ${command}: ${file} has failed checks: ${report.failedChecks.join('; ')}. Correct the results, and measure again.`,
  );
}
