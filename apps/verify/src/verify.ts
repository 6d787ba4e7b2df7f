// Checks every case of a folder and reports; the exit code says whether all of it holds.

import { NoAdapterError } from '@vulpes/tensor-core';
import { describeDevice } from './device/describe-device.ts';
import { DeviceLease } from './device/device-lease.ts';
import type { VerifyOptions } from './options.ts';
import { CaseError } from './reference/case-error.ts';
import { type FoundCase, findCases } from './reference/find-cases.ts';
import { formatSummary } from './report/format.ts';
import type { CaseOutcome } from './report/outcome.ts';
import { type Output, Printer } from './report/printer.ts';
import { runCase } from './run-case.ts';

/** @returns 0 when every case that was checked holds and there was at least one; else 1. */
export async function verify(options: VerifyOptions, output: Output): Promise<number> {
  const printer = new Printer(output, options);
  try {
    return await checkAll(await wantedCases(options), options, printer);
  } catch (error) {
    if (!(error instanceof CaseError || NoAdapterError.isInstance(error))) throw error;
    printer.line(error.message);
    return 1;
  }
}

async function wantedCases({ directory, only }: VerifyOptions): Promise<FoundCase[]> {
  const cases = await findCases(directory);
  const wanted = only === null ? cases : cases.filter(({ id }) => id.includes(only));
  if (wanted.length > 0) return wanted;
  const where = only === null ? directory : `${directory} with '${only}' in its name`;
  throw new CaseError(
    `verify: no case found in ${where}. Pass a folder that holds attention/, attention-extended/, models/ or training/.`,
  );
}

async function checkAll(
  cases: readonly FoundCase[],
  { directory, adapter, kernels, rules }: VerifyOptions,
  printer: Printer,
): Promise<number> {
  const lease = new DeviceLease({ adapter, kernels });
  printer.line(`Reference vectors: ${directory}`);
  printer.line(`Pruning: ${rules.join(', then ')}`);
  for (const line of describeDevice((await lease.get()).caps)) printer.line(line);
  const outcomes: CaseOutcome[] = [];
  for (const [index, found] of cases.entries()) {
    const position = { index: index + 1, total: cases.length };
    printer.start(found.id, position);
    const outcome = await runCase(lease, found, rules);
    printer.outcome(outcome, position);
    outcomes.push(outcome);
  }
  lease.release();
  printer.line(formatSummary(outcomes));
  return exitCode(outcomes, printer);
}

function exitCode(outcomes: readonly CaseOutcome[], printer: Printer): number {
  const passed = outcomes.some(({ status }) => status === 'passed');
  const failed = outcomes.some(({ status }) => status === 'failed');
  if (!passed && !failed) printer.line('verify: no case could be checked, so nothing is verified.');
  return passed && !failed ? 0 : 1;
}
