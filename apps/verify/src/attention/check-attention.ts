// One attention case, start to end: dense, pruned as the official kernel pruned, pruned by our own threshold.

import { basename } from 'node:path';
import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import type { Device } from '@vulpes/tensor-core';
import type { Check } from '../compare/check.ts';
import { CaseError } from '../reference/case-error.ts';
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
  constantPruning,
  type DeviceResults,
  officialPruning,
  type Pruning,
  thresholdOnDevice,
  tolerancePruning,
} from './on-device.ts';
import { prunedShare } from './pruned-share.ts';
import { twinDropping } from './twin.ts';

/** Names of cases whose threshold the official code took from the norms of q and k, at log ε = −10. */
const IS_NAMED_AUTO = /auto/;

/** Nats. The official thresholds drop next to no weight: kernels that drop nothing at all would pass with them. */
const HARD_THRESHOLD = -2;

/** @throws CaseError, SkippedCase, and what the packages throw. */
export async function checkAttention(device: Device, path: string): Promise<CaseReport> {
  const theCase = readAttentionCase(await Vectors.read(path));
  const official = theCase.pruning;
  const run = (pruning: Pruning | null) => attendOnDevice(device, theCase, pruning);
  const dense = await run(null);
  const pruned = official && (await run(officialPruning(official)));
  const hard = await run(constantPruning(HARD_THRESHOLD));
  const acp = await run(tolerancePruning(DEFAULT_LOG_PRUNING_TOLERANCE));
  const isNamedAuto = IS_NAMED_AUTO.test(basename(path));
  const threshold =
    official && compareThreshold(official, await autoThreshold(device, theCase), isNamedAuto);
  const checks = [
    ...compareResults(theCase.exact, dense),
    ...compareEmptyRows(theCase, dense),
    compareOfficial(theCase.official.out, (pruned ?? dense).out),
    ...(official && pruned ? comparePruned(theCase, official, pruned) : []),
    ...(threshold ? [threshold] : []),
    ...compareHard(theCase, hard),
    compareTolerance(theCase, acp.out, DEFAULT_LOG_PRUNING_TOLERANCE),
  ];
  const notes = notesOf(theCase, { official: pruned, hard, acp });
  if (official && !threshold) notes.push('the threshold is not that of log ε = −10');
  return { checks, notes };
}

function comparePruned(
  theCase: AttentionCase,
  official: OfficialPruning,
  pruned: DeviceResults,
): Check[] {
  const twin = twinDropping(theCase, official);
  return [
    compareStartIndex(official, pruned.found?.startIndex ?? []),
    ...compareResults(twin, pruned, 'pruned '),
    ...compareEmptyRows(theCase, pruned, 'pruned '),
  ];
}

/** The twin drops the blocks that our own search found. */
function compareHard(theCase: AttentionCase, hard: DeviceResults): Check[] {
  if (!hard.found) throw new CaseError('the boundary search found no blocks');
  const { startIndex, blocks } = hard.found;
  const twin = twinDropping(theCase, { startIndex, blockM: blocks.blockM });
  return [...compareResults(twin, hard, 'hard '), ...compareEmptyRows(theCase, hard, 'hard ')];
}

const autoThreshold = (device: Device, theCase: AttentionCase) =>
  thresholdOnDevice(device, theCase, DEFAULT_LOG_PRUNING_TOLERANCE);

function notesOf(
  { dims, seqStart }: AttentionCase,
  prunings: Readonly<Record<string, DeviceResults | null>>,
): string[] {
  const { batch, numHeads, queryLen, keyLen, headDim } = dims;
  const padding = seqStart ? `, padded to ${seqStart.join(' ')}` : '';
  const shares = Object.entries(prunings).flatMap(([name, results]) =>
    results?.found ? [`${name} ${prunedShare(dims, results.found)}`] : [],
  );
  return [
    `B=${batch} H=${numHeads} M=${queryLen} N=${keyLen} D=${headDim}${padding}`,
    `blocks dropped: ${shares.join(', ')}`,
  ];
}
