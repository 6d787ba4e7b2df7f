// `bench compare A.json B.json`: two stored reports of one machine, case by case.

import { compareReports, findSlower, formatComparison } from '@vulpes/bench';
import { type Output, parseExistingFile, parsePositive } from '@vulpes/cli-kit';
import { Argument, Command, Option } from 'commander';
import { storedReport } from './stored-report.ts';

/**
 * @returns exit code: 1 where a case is slower than --fail-above allows
 * @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError for a file that is no report, one with failed checks, and reports of two machines.
 */
export function compareCommand(argv: readonly string[], stdout: Output): number {
  const command = createCommand().parse([...argv], { from: 'user' });
  const [a = '', b = ''] = command.processedArgs as [string, string];
  const { failAbove = null } = command.opts<{ failAbove?: number }>();
  const compared = compareReports(storedReport('compare', a), storedReport('compare', b));
  stdout.write(`A: ${a}\nB: ${b}\n\n${formatComparison(compared, failAbove)}\n`);
  return failAbove !== null && findSlower(compared.rows, failAbove).length > 0 ? 1 : 0;
}

const createCommand = (): Command =>
  new Command('bench compare')
    .description('Compares two stored reports of one machine: time of B / time of A.')
    .addArgument(new Argument('<a>', 'a report.json, before').argParser(parseExistingFile))
    .addArgument(new Argument('<b>', 'a report.json, after').argParser(parseExistingFile))
    .addOption(
      new Option(
        '--fail-above <ratio>',
        'exit with 1 where a case takes more than this times A, and its whole range is above 1',
      ).argParser(parsePositive),
    )
    .allowExcessArguments(false)
    .exitOverride();
