// One attention case, start to end: dense, pruned as the official kernel pruned, pruned by our own threshold.

import { basename } from 'node:path';
import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import type { Device } from '@vulpes/tensor-core';
import type { Check } from '../compare/check.ts';
import { Vectors } from '../reference/vectors.ts';
import type { CaseReport } from '../report/outcome.ts';
import { type AttentionCase, type OfficialPruning, readAttentionCase } from './attention-case.ts';
import {
  compareEmptyRows,
  compareOfficial,
  compareResults,
  compareStartIndex,
  compareThreshold,
  compareTolerance,
} from './compare-attention.ts';
import {
  attendOnDevice,
  type DeviceResults,
  officialPruning,
  thresholdOnDevice,
  tolerancePruning,
} from './on-device.ts';
import { prunedShare } from './pruned-share.ts';
import { twinDropping } from './twin.ts';

/** Cases whose threshold the official code took from the norms of q and k, at log ε = −10. */
const HAS_AUTO_THRESHOLD = /auto/;

/** @throws CaseError, SkippedCase, and what the packages throw. */
export async function checkAttention(device: Device, path: string): Promise<CaseReport> {
  const theCase = readAttentionCase(await Vectors.read(path));
  const { pruning } = theCase;
  const dense = await attendOnDevice(device, theCase, null);
  const pruned = pruning && (await attendOnDevice(device, theCase, officialPruning(pruning)));
  const checks = [
    ...compareResults(theCase.exact, dense),
    ...compareEmptyRows(theCase, dense),
    compareOfficial(theCase.official.out, (pruned ?? dense).out),
    ...(pruning && pruned ? comparePruned(theCase, pruning, pruned) : []),
    ...(pruning && HAS_AUTO_THRESHOLD.test(basename(path))
      ? [compareThreshold(pruning, await autoThreshold(device, theCase))]
      : []),
  ];
  const acp = await attendOnDevice(
    device,
    theCase,
    tolerancePruning(DEFAULT_LOG_PRUNING_TOLERANCE),
  );
  return {
    checks: [...checks, compareTolerance(theCase, acp.out, DEFAULT_LOG_PRUNING_TOLERANCE)],
    notes: notesOf(theCase, pruned, acp),
  };
}

function comparePruned(
  theCase: AttentionCase,
  pruning: OfficialPruning,
  pruned: DeviceResults,
): Check[] {
  return [
    compareStartIndex(pruning, pruned.startIndex ?? []),
    ...compareResults(twinDropping(theCase, pruning), pruned, 'pruned '),
    ...compareEmptyRows(theCase, pruned),
  ];
}

const autoThreshold = (device: Device, theCase: AttentionCase) =>
  thresholdOnDevice(device, theCase, DEFAULT_LOG_PRUNING_TOLERANCE);

function notesOf(
  { dims, seqStart }: AttentionCase,
  pruned: DeviceResults | null,
  acp: DeviceResults,
): string[] {
  const { batch, numHeads, queryLen, keyLen, headDim } = dims;
  const padding = seqStart ? `, padded to ${seqStart.join(' ')}` : '';
  return [
    `B=${batch} H=${numHeads} M=${queryLen} N=${keyLen} D=${headDim}${padding}`,
    ...(pruned ? [`official pruning drops ${prunedShare(dims, pruned)}`] : []),
    `ACP drops ${prunedShare(dims, acp)}`,
  ];
}
