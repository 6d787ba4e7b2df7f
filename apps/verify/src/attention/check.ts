// The checks of an attention case under each pruning rule.

import { basename } from 'node:path';
import { DEFAULT_LOG_PRUNING_TOLERANCE as TOLERANCE } from '@vulpes/acp-scheduler';
import type { Device } from '@vulpes/tensor-core';
import { BOUNDS, type Bounds } from '../bounds.ts';
import { type CaseCheck, type CaseReport, joinReports } from '../check.ts';
import type { PruningRule } from '../rules.ts';
import { Vectors } from '../vectors.ts';
import { type AttentionCase, readAttentionCase } from './case.ts';
import {
  compareDroppedMass,
  compareOfficial,
  compareRun,
  compareStartIndex,
  compareThreshold,
  compareTolerance,
  computeDroppedMass,
  roundCase,
} from './compare.ts';
import {
  attendOnDevice,
  type Pruning,
  pruneAsOfficial,
  pruneBelowConstant,
  pruneByTolerance,
  pruneCertified,
} from './run.ts';

/** Names of cases whose threshold the official code took from the norms of q and k, at log ε = −10. */
const IS_NAMED_AUTO = /auto/;

/** Nats. The default tolerance drops next to no weight: kernels that drop nothing would pass, too. */
const AGGRESSIVE = -2;

interface RuleContext {
  readonly theCase: AttentionCase;
  readonly isNamedAuto: boolean;
  readonly bounds: Bounds;
  attend(pruning: Pruning | null): ReturnType<typeof attendOnDevice>;
}

const checkByRule: Readonly<Record<PruningRule, (context: RuleContext) => Promise<CaseReport>>> = {
  none: checkDense,
  paper: checkPaper,
  certified: checkCertified,
};

/** @param hasOfficial - whether cases of this kind hold the official kernel's results, too */
export const createAttentionCheck =
  ({ hasOfficial }: { hasOfficial: boolean }): CaseCheck =>
  async (device: Device, path, { rules, dtype }) => {
    const read = readAttentionCase(await Vectors.read(path), { hasOfficial });
    const theCase = dtype === 'f16' ? roundCase(read) : read;
    const context: RuleContext = {
      ...{ theCase, isNamedAuto: IS_NAMED_AUTO.test(basename(path)) },
      bounds: BOUNDS[dtype],
      attend: (pruning) => attendOnDevice(device, theCase, pruning, dtype),
    };
    const reports: CaseReport[] = [{ checks: [], notes: [describeCase(theCase)] }];
    for (const rule of rules) reports.push(await checkByRule[rule](context));
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

async function checkDense({ theCase, bounds, attend }: RuleContext): Promise<CaseReport> {
  const dense = await attend(null);
  const { officialOut, pruning } = theCase;
  const official = officialOut && !pruning ? [compareOfficial(officialOut, dense.out)] : [];
  return { checks: [...compareRun(theCase, dense, { bounds }, null), ...official], notes: [] };
}

/** As the official kernel pruned; aggressively; by our own threshold at the default tolerance. */
async function checkPaper({
  theCase,
  isNamedAuto,
  bounds,
  attend,
}: RuleContext): Promise<CaseReport> {
  const { pruning, officialOut } = theCase;
  const official = pruning && (await attend(pruneAsOfficial(theCase)));
  const aggressive = await attend(pruneBelowConstant(AGGRESSIVE));
  const acp = await attend(pruneByTolerance(TOLERANCE));
  const isAuto = pruning && isNamedAuto;
  const { startIndex, blocks } = aggressive;
  const ranges = { startIndex: startIndex!, blockM: blocks.blockM };
  return {
    checks: [
      ...(official && officialOut ? [compareOfficial(officialOut, official.out)] : []),
      ...(official
        ? [
            compareStartIndex(pruning, official.startIndex!),
            ...compareRun(theCase, official, { prefix: 'pruned ', bounds }, { ranges: pruning }),
          ]
        : []),
      ...(isAuto ? [compareThreshold(pruning, acp.threshold!, bounds)] : []),
      ...compareRun(theCase, aggressive, { prefix: 'aggressive ', bounds }, { ranges }),
      compareTolerance('acp out', theCase, acp.out, { logPruningTolerance: TOLERANCE, bounds }),
    ],
    notes: [
      `blocks kept: ${official ? `official ${official.keptBlocks}, ` : ''}aggressive ${aggressive.keptBlocks}, acp ${acp.keptBlocks}`,
    ],
  };
}

/** At the default tolerance, and so aggressively that what is dropped shows. */
async function checkCertified({ theCase, bounds, attend }: RuleContext): Promise<CaseReport> {
  const usual = await attend(pruneCertified(TOLERANCE));
  const aggressive = await attend(pruneCertified(AGGRESSIVE, { aggressive: true }));
  const mass = computeDroppedMass(theCase, usual.firstKeys);
  const aggressiveMass = computeDroppedMass(theCase, aggressive.firstKeys);
  return {
    checks: [
      compareTolerance('certified moved', theCase, usual.out, {
        logPruningTolerance: TOLERANCE,
        bounds,
      }),
      compareDroppedMass(mass, TOLERANCE),
      ...compareRun(theCase, usual, { prefix: 'certified ', bounds }, usual),
      ...compareRun(theCase, aggressive, { prefix: 'aggressive ', bounds }, aggressive),
    ],
    notes: [
      `blocks kept: certified ${usual.keptBlocks}, aggressive ${aggressive.keptBlocks}`,
      `aggressive drops up to ${(100 * aggressiveMass).toFixed(1)} % of a row's weight`,
    ],
  };
}
