// `bench table REPORT.json`: the tables of stored reports as Markdown files beside them.

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { reportMarkdown } from '@vulpes/bench';
import { type Output, parseExistingFile } from '@vulpes/cli-kit';
import { Argument, Command } from 'commander';
import { storedReport } from './stored-report.ts';

/** @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError for a file that is no report, and for one with failed checks. */
export function tableCommand(argv: readonly string[], stdout: Output): number {
  const command = createCommand().parse([...argv], { from: 'user' });
  for (const file of command.processedArgs[0] as string[]) {
    const target = `${file.replace(/\.json$/, '')}.md`;
    writeFileSync(target, reportMarkdown(storedReport('table', file), basename(file)));
    stdout.write(`Wrote ${target}.\n`);
  }
  return 0;
}

const createCommand = (): Command =>
  new Command('bench table')
    .description('Writes the tables of stored reports as Markdown beside them.')
    .addArgument(
      new Argument('<reports...>', 'report.json files').argParser(
        (file: string, earlier: string[] = []) => [...earlier, parseExistingFile(file)],
      ),
    )
    .exitOverride();
