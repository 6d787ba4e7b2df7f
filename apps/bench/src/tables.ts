// `bench tables REPORT.json [--write FILE]`: a report's tables as Markdown, for the docs.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { markdownTables, withTables } from '@vulpes/bench';
import { type Output, parseExistingFile, parseWritablePath } from '@vulpes/cli-kit';
import { Argument, Command, Option } from 'commander';
import { assertOtherFile } from './files.ts';
import { storedReport } from './stored-report.ts';

/** @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError for a file that is no report, and for a refused one. */
export function tables(argv: readonly string[], stdout: Output): number {
  const command = tablesCommand().parse([...argv], { from: 'user' });
  const [file = ''] = command.processedArgs as [string];
  const { write } = command.opts<{ write?: string }>();
  const report = storedReport('tables', file);
  if (write === undefined) {
    stdout.write(`${markdownTables(report, pathFrom(process.cwd(), file))}\n`);
    return 0;
  }
  assertOtherFile('bench tables', file, write);
  const path = pathFrom(dirname(write), file);
  const document = existsSync(write) ? readFileSync(write, 'utf8') : '';
  writeFileSync(write, withTables(document, report, path));
  stdout.write(`Wrote the tables of ${path} to ${write}.\n`);
  return 0;
}

const pathFrom = (folder: string, file: string): string =>
  relative(folder, file).split(sep).join('/');

const tablesCommand = (): Command =>
  new Command('bench tables')
    .description("Prints a report's tables as Markdown.")
    .addArgument(new Argument('<report>', 'a report.json').argParser(parseExistingFile))
    .addOption(
      new Option(
        '--write <file>',
        "a Markdown file: this report's tables are replaced, or added at the end",
      ).argParser(parseWritablePath),
    )
    .allowExcessArguments(false)
    .exitOverride();
