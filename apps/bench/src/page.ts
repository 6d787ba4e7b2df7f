// `bench page REPORT.json`: the page and the pictures of a stored report, such as one that a run left when it was ended early.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { reportCharts, reportPage } from '@vulpes/bench';
import { Argument, Command, Option } from 'commander';
import type { Output } from './bench.ts';
import { assertOtherFile, existingFile, writablePath } from './option-values.ts';
import { storedReport } from './stored-report.ts';

/** @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError for a file that is no report, and for a refused one. */
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
    .addArgument(new Argument('<report>', 'a report.json').argParser(existingFile))
    .addOption(
      new Option('--html <file>', 'the page; default: beside the report').argParser(writablePath),
    )
    .option('--pictures <folder>', 'each chart as an SVG of its own, in the place of the page')
    .allowExcessArguments(false)
    .exitOverride();
