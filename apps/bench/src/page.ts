// `bench page REPORT.json`: the page and the pictures of a stored report.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { reportCharts, reportPage } from '@vulpes/bench';
import { type Output, parseExistingFile, parseWritablePath } from '@vulpes/cli-kit';
import { Argument, Command } from 'commander';
import { assertOtherFile } from './files.ts';
import { storedReport } from './stored-report.ts';

/** @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError for a file that is no report, and for one with failed checks. */
export async function page(argv: readonly string[], stdout: Output): Promise<number> {
  const command = pageCommand().parse([...argv], { from: 'user' });
  const [file = ''] = command.processedArgs as [string];
  const { html, pictures } = command.opts<{ html?: string; pictures?: string }>();
  const report = storedReport('page', file);
  if (html !== undefined || pictures === undefined) {
    const target = html ?? file.replace(/(\.json)?$/, '.html');
    assertOtherFile('bench page', file, target);
    writeFileSync(target, await reportPage(report));
    stdout.write(`Wrote ${target}.\n`);
  }
  if (pictures === undefined) return 0;
  const folder = resolve(pictures);
  mkdirSync(folder, { recursive: true });
  const charts = await reportCharts(report);
  for (const { name, svg } of charts) writeFileSync(join(folder, `${name}.svg`), svg);
  stdout.write(`Wrote ${charts.length} pictures to ${folder}.\n`);
  return 0;
}

const pageCommand = (): Command =>
  new Command('bench page')
    .description('Draws a stored report.')
    .addArgument(new Argument('<report>', 'a report.json').argParser(parseExistingFile))
    .option('--html <file>', 'the page; default: beside the report', parseWritablePath)
    .option('--pictures <folder>', 'write each chart as an SVG file, and no page')
    .allowExcessArguments(false)
    .exitOverride();
