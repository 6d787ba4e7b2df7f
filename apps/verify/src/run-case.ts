// Checks one case and says what became of it; no error leaves it.

import { CheckpointError, type Device, FoxError, NoAdapterError } from '@vulpes/tensor-core';
import { attentionChecker } from './attention/check-attention.ts';
import { holds } from './compare/check.ts';
import type { DeviceLease } from './device/device-lease.ts';
import { checkModel } from './models/check-model.ts';
import type { PruningRule } from './pruning-rule.ts';
import { CaseError, SkippedCase } from './reference/case-error.ts';
import type { CaseKind, FoundCase } from './reference/find-cases.ts';
import type { CaseOutcome, CaseReport } from './report/outcome.ts';
import { checkTraining } from './training/check-training.ts';

type Checker = (device: Device, path: string, rules: readonly PruningRule[]) => Promise<CaseReport>;

const checkers: Readonly<Record<CaseKind, Checker>> = {
  attention: attentionChecker({ hasOfficial: true }),
  'attention-extended': attentionChecker({ hasOfficial: false }),
  models: checkModel,
  training: checkTraining,
};

/** @throws NoAdapterError alone: without an adapter nothing can be said about any case. */
export async function runCase(
  lease: DeviceLease,
  found: FoundCase,
  rules: readonly PruningRule[],
): Promise<CaseOutcome> {
  const start = performance.now();
  const outcome = await judge(lease, found, rules);
  return { id: found.id, ...outcome, seconds: (performance.now() - start) / 1000 };
}

type Judgement = Omit<CaseOutcome, 'id' | 'seconds'>;

async function judge(
  lease: DeviceLease,
  found: FoundCase,
  rules: readonly PruningRule[],
): Promise<Judgement> {
  if (found.kind === 'unknown') return without('skipped', found.reason);
  if (found.kind === 'empty') return without('failed', found.reason);
  try {
    const report = await checkers[found.kind](await lease.get(), found.path, rules);
    return judgeReport(report);
  } catch (error) {
    if (NoAdapterError.isInstance(error)) throw error;
    if (error instanceof SkippedCase) return without('skipped', error.message);
    const isFileAtFault = error instanceof CaseError || CheckpointError.isInstance(error);
    if (!isFileAtFault) lease.release();
    return { ...without('failed', describeError(error)), stack: stackOf(error) };
  }
}

/** A report without any check proves nothing. */
export function judgeReport(report: CaseReport): Judgement {
  if (report.checks.length === 0)
    return { ...report, ...without('failed', 'nothing was compared') };
  const status = report.checks.every(holds) ? 'passed' : 'failed';
  return { ...report, status, reason: null, stack: null };
}

const without = (status: 'failed' | 'skipped', reason: string): Judgement => ({
  status,
  reason,
  checks: [],
  notes: [],
  stack: null,
});

function describeError(error: unknown): string {
  if (FoxError.isInstance(error)) return error.message;
  return String(error);
}

/** Our own errors are sentences that need no stack. */
const stackOf = (error: unknown): string | null =>
  error instanceof Error && !FoxError.isInstance(error) ? (error.stack ?? null) : null;
