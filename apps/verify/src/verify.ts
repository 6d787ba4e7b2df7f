// Checks every case of a folder and reports; the exit code says whether all checks hold.

import { describeAdapter, type Output, RenewableDevice, UsageError } from '@vulpes/cli-kit';
import { CheckpointError, FoxError, formatVariants } from '@vulpes/tensor-core';
import { createAttentionCheck } from './attention/check.ts';
import {
  type CaseCheck,
  type CaseReport,
  type CaseResult,
  type CheckOptions,
  holds,
} from './check.ts';
import { type CaseKind, type FoundCase, findCases } from './find-cases.ts';
import { checkModel } from './models/check.ts';
import type { VerifyOptions } from './options.ts';
import { formatDetails, formatPosition, formatResult, formatSummary } from './report.ts';
import { checkTraining } from './training/check.ts';
import { CaseError } from './vectors.ts';

const CLEAR_LINE = '\r\u001b[2K';

/**
 * @returns 0 where all checks hold, else 1
 * @throws UsageError, CaseError where there is no case; NoAdapterError
 */
export async function verify(options: VerifyOptions, output: Output): Promise<number> {
  const { directory, adapter, variant: variants, rules, dtype, details } = options;
  const print = (line: string) => output.write(`${line}\n`);
  const cases = await chooseCases(options);
  using owner = await RenewableDevice.open({ adapter, variants });
  print(`Reference vectors: ${directory}`);
  print(`Pruning: ${rules.join(', then ')}`);
  if (dtype === 'f16') print('Precision: mixed (f16 with f32 sums)');
  print(`Adapter: ${describeAdapter(owner.device.caps)}`);
  print(`Kernel variants: ${formatVariants(owner.device.caps.variants)}`);
  const results: CaseResult[] = [];
  for (const [index, found] of cases.entries()) {
    const position = formatPosition(index, cases.length);
    if (output.isTTY) output.write(`${position} … ${found.id}`);
    const result = await checkCase(owner, found, { rules, dtype });
    if (output.isTTY) output.write(CLEAR_LINE);
    print(formatResult(result, position));
    for (const line of formatDetails(result, { all: details })) print(line);
    results.push(result);
  }
  print(formatSummary(results));
  return results.every(({ isPassed }) => isPassed) ? 0 : 1;
}

async function chooseCases({ directory, only = '' }: VerifyOptions): Promise<FoundCase[]> {
  const cases = (await findCases(directory)).filter(({ id }) => id.includes(only));
  if (cases.length > 0) return cases;
  const where = only === '' ? directory : `${directory} with '${only}' in its name`;
  throw new UsageError(
    `verify: no case found in ${where}. Give a folder that holds attention/, attention-extended/, models/ or training/.`,
  );
}

const checks: Readonly<Record<CaseKind, CaseCheck>> = {
  attention: createAttentionCheck({ hasOfficial: true }),
  'attention-extended': createAttentionCheck({ hasOfficial: false }),
  models: checkModel,
  training: checkTraining,
};

async function checkCase(
  owner: RenewableDevice,
  found: FoundCase,
  options: CheckOptions,
): Promise<CaseResult> {
  const start = performance.now();
  const evaluation = await evaluate(owner, found, options);
  return { id: found.id, ...evaluation, seconds: (performance.now() - start) / 1000 };
}

type Evaluation = Omit<CaseResult, 'id' | 'seconds'>;

/** @throws NoAdapterError where the device has to be renewed, but none opens */
async function evaluate(
  owner: RenewableDevice,
  found: FoundCase,
  options: CheckOptions,
): Promise<Evaluation> {
  try {
    return evaluateReport(await checks[found.kind](owner.device, found.path, options));
  } catch (error) {
    const isFileAtFault = error instanceof CaseError || CheckpointError.isInstance(error);
    if (!isFileAtFault) await owner.renew();
    // Our own errors need no stack.
    if (FoxError.isInstance(error)) return fail(error.message);
    return { ...fail(String(error)), stack: (error as Error)?.stack ?? null };
  }
}

/** A report without any check is a failure. */
export function evaluateReport(report: CaseReport): Evaluation {
  if (report.checks.length === 0) return { ...fail('nothing was compared'), notes: report.notes };
  return { ...report, isPassed: report.checks.every(holds), reason: null, stack: null };
}

const fail = (reason: string): Evaluation => ({
  ...{ isPassed: false, reason, checks: [], notes: [], stack: null },
});
