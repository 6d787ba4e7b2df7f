// The checks of an attention case under each pruning rule.

import { basename } from 'node:path';
import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import type { Device } from '@vulpes/tensor-core';
import { type CaseReport, type Check, joinReports } from '../check.ts';
import type { PruningRule } from '../rules.ts';
import { Vectors } from '../vectors.ts';
import { type AttentionCase, readAttentionCase } from './case.ts';
import {
  compareDroppedMass,
  compareOfficial,
  compareResults,
  compareStartIndex,
  compareThreshold,
  compareTolerance,
  compareZeros,
  computeDroppedMass,
  computeReference,
  type Dropped,
} from './compare.ts';
import {
  attendOnDevice,
  type DeviceResults,
  pruneAsOfficial,
  pruneBelowConstant,
  pruneByTolerance,
  pruneCertified,
} from './run.ts';

/** Names of cases whose threshold the official code took from the norms of q and k, at log ε = −10. */
const IS_NAMED_AUTO = /auto/;

/** Nats. The default tolerance drops next to no weight: kernels that drop nothing would pass, too. */
const AGGRESSIVE = -2;
const TOLERANCE = DEFAULT_LOG_PRUNING_TOLERANCE;

interface RuleContext {
  readonly device: Device;
  readonly theCase: AttentionCase;
  readonly isNamedAuto: boolean;
}

const checkByRule: Readonly<Record<PruningRule, (context: RuleContext) => Promise<CaseReport>>> = {
  none: checkDense,
  paper: checkPaper,
  certified: checkCertified,
};

/**
 * @param hasOfficial - whether cases of this kind hold the official kernel's results, too
 * @throws CaseError, UnknownCaseError, and what the packages throw
 */
export const createAttentionCheck =
  ({ hasOfficial }: { hasOfficial: boolean }) =>
  async (device: Device, path: string, rules: readonly PruningRule[]): Promise<CaseReport> => {
    const theCase = readAttentionCase(await Vectors.read(path), { hasOfficial });
    const isNamedAuto = IS_NAMED_AUTO.test(basename(path));
    const reports: CaseReport[] = [{ checks: [], notes: [describeCase(theCase)] }];
    for (const rule of rules)
      reports.push(await checkByRule[rule]({ device, theCase, isNamedAuto }));
    return joinReports(reports);
  };

function describeCase({ dims, limits }: AttentionCase): string {
  const { batch, numHeads, numKvHeads, queryLen, keyLen, headDim } = dims;
  const { seqStart, cuSeqlens, windowSize } = limits;
  const heads = numKvHeads === numHeads ? numHeads : `${numHeads} on ${numKvHeads}`;
  return [
    `B=${batch} H=${heads} M=${queryLen} N=${keyLen} D=${headDim}`,
    ...(seqStart ? [`padded to ${seqStart.join(' ')}`] : []),
    ...(cuSeqlens ? [`documents at ${cuSeqlens.join(' ')}`] : []),
    ...(windowSize === undefined ? [] : [`window ${windowSize}`]),
  ].join(', ');
}

async function checkDense({ device, theCase }: RuleContext): Promise<CaseReport> {
  const dense = await attendOnDevice(device, theCase, null);
  const { officialOut, pruning, exact } = theCase;
  const official = officialOut && !pruning ? [compareOfficial(officialOut, dense.out)] : [];
  const checks = [...compareResults(exact, dense), ...compareZeros(theCase, dense), ...official];
  return { checks, notes: [] };
}

/** As the official kernel pruned; aggressively; by our own threshold at the default tolerance. */
async function checkPaper({ device, theCase, isNamedAuto }: RuleContext): Promise<CaseReport> {
  const { pruning } = theCase;
  const official = pruning && (await checkOfficial(device, theCase));
  const aggressive = await attendOnDevice(device, theCase, pruneBelowConstant(AGGRESSIVE));
  const acp = await attendOnDevice(device, theCase, pruneByTolerance(TOLERANCE));
  const threshold = pruning && compareThreshold(pruning, acp.threshold, isNamedAuto);
  const kept = `aggressive ${aggressive.keptBlocks}, acp ${acp.keptBlocks}`;
  const tolerance = { out: acp.out, logPruningTolerance: TOLERANCE };
  const isOther = pruning && !threshold;
  return {
    checks: [
      ...(official?.checks ?? []),
      ...(threshold ? [threshold] : []),
      ...compareWithReference(theCase, aggressive, 'aggressive ', getRanges(aggressive)),
      compareTolerance('acp out', theCase, tolerance),
    ],
    notes: [
      `blocks kept: ${official ? `official ${official.kept}, ` : ''}${kept}`,
      ...(isOther ? ['the threshold is not that of log ε = −10'] : []),
    ],
  };
}

async function checkOfficial(
  device: Device,
  theCase: AttentionCase,
): Promise<{ checks: Check[]; kept: string }> {
  const { officialOut } = theCase;
  const pruning = theCase.pruning!;
  const pruned = await attendOnDevice(device, theCase, pruneAsOfficial(theCase));
  const checks = [
    ...(officialOut ? [compareOfficial(officialOut, pruned.out)] : []),
    compareStartIndex(pruning, pruned.startIndex),
    ...compareWithReference(theCase, pruned, 'pruned ', { ranges: pruning }),
  ];
  return { checks, kept: pruned.keptBlocks };
}

/** At the default tolerance, and so aggressively that what is dropped shows. */
async function checkCertified({ device, theCase }: RuleContext): Promise<CaseReport> {
  const attend = (logTolerance: number, aggressive: boolean) =>
    attendOnDevice(device, theCase, pruneCertified(logTolerance, { aggressive }));
  const usual = await attend(TOLERANCE, false);
  const aggressive = await attend(AGGRESSIVE, true);
  const mass = computeDroppedMass(theCase, usual.firstKeys);
  const aggressiveMass = computeDroppedMass(theCase, aggressive.firstKeys);
  const tolerance = { out: usual.out, logPruningTolerance: TOLERANCE };
  return {
    checks: [
      compareTolerance('certified moved', theCase, tolerance),
      compareDroppedMass(mass, TOLERANCE),
      ...compareWithReference(theCase, usual, 'certified ', usual),
      ...compareWithReference(theCase, aggressive, 'aggressive ', aggressive),
    ],
    notes: [
      `blocks kept: certified ${usual.keptBlocks}, aggressive ${aggressive.keptBlocks}`,
      `aggressive drops up to ${(100 * aggressiveMass).toFixed(1)} % of a row's weight`,
    ],
  };
}

const compareWithReference = (
  theCase: AttentionCase,
  pruned: DeviceResults,
  prefix: string,
  dropped: Dropped,
): Check[] => [
  ...compareResults(computeReference(theCase, dropped), pruned, prefix),
  ...compareZeros(theCase, pruned, prefix),
];

/** What our own boundary search found. */
const getRanges = ({ startIndex, blocks }: DeviceResults): Dropped => ({
  ranges: { startIndex, blockM: blocks.blockM },
});
