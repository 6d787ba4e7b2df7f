// The checks of an attention case under one pruning rule: dense, the paper's, certified.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import type { Device } from '@vulpes/tensor-core';
import type { Check } from '../compare/check.ts';
import { CaseError } from '../reference/case-error.ts';
import type { CaseReport } from '../report/outcome.ts';
import type { AttentionCase, OfficialPruning } from './attention-case.ts';
import {
  compareDroppedMass,
  compareEmptyRows,
  compareOfficial,
  compareResults,
  compareSilentGates,
  compareStartIndex,
  compareThreshold,
  compareTolerance,
} from './compare-attention.ts';
import { type FoundRanges, keptShare } from './kept-share.ts';
import { attendOnDevice, type DeviceResults, thresholdOnDevice } from './on-device.ts';
import {
  aggressivePruning,
  certifiedPruning,
  constantPruning,
  officialPruning,
  tolerancePruning,
} from './prunings.ts';
import { type Dropped, droppedMass, twinDropping } from './twin.ts';

/** @param isNamedAuto - the file's name says that its threshold is that of the norms of q and k */
export type RuleCheck = (
  device: Device,
  theCase: AttentionCase,
  { isNamedAuto }: { isNamedAuto: boolean },
) => Promise<CaseReport>;

/** Nats. The usual tolerance drops next to no weight: kernels that drop nothing at all would pass with it. */
const HARD = -2;

export const checkDense: RuleCheck = async (device, theCase) => {
  const dense = await attendOnDevice(device, theCase, null);
  const { officialOut, pruning, exact } = theCase;
  const official = officialOut && !pruning ? [compareOfficial(officialOut, dense.out)] : [];
  return {
    checks: [...compareResults(exact, dense), ...compareZeros(theCase, dense), ...official],
    notes: [],
  };
};

/** As the official kernel pruned, by a hard threshold, and by our own threshold at the usual tolerance. */
export const checkPaper: RuleCheck = async (device, theCase, { isNamedAuto }) => {
  const official = theCase.pruning && (await checkOfficial(device, theCase, theCase.pruning));
  const threshold = theCase.pruning && (await ourThreshold(device, theCase));
  const sameThreshold =
    theCase.pruning && threshold && compareThreshold(theCase.pruning, threshold, isNamedAuto);
  const hard = await attendOnDevice(device, theCase, constantPruning(HARD));
  const tolerance = DEFAULT_LOG_PRUNING_TOLERANCE;
  const acp = await attendOnDevice(device, theCase, tolerancePruning(tolerance));
  const checks = [
    ...(official?.checks ?? []),
    ...(sameThreshold ? [sameThreshold] : []),
    ...compareWithTwin(theCase, hard, { prefix: 'hard ', dropped: blocksDropped(hard) }),
    compareTolerance('acp out', theCase, { out: acp.out, logPruningTolerance: tolerance }),
  ];
  const isOther = theCase.pruning && !sameThreshold;
  return {
    checks,
    notes: [
      describeKept(theCase, { ...official?.found, hard: hard.kept, acp: acp.kept }),
      ...(isOther ? ['the threshold is not that of log ε = −10'] : []),
    ],
  };
};

async function checkOfficial(
  device: Device,
  theCase: AttentionCase,
  pruning: OfficialPruning,
): Promise<{ checks: Check[]; found: { official: FoundRanges } }> {
  const pruned = await attendOnDevice(device, theCase, officialPruning(pruning));
  const { officialOut } = theCase;
  return {
    checks: [
      ...(officialOut ? [compareOfficial(officialOut, pruned.out)] : []),
      compareStartIndex(pruning, pruned.found?.startIndex ?? []),
      ...compareWithTwin(theCase, pruned, { prefix: 'pruned ', dropped: pruning }),
    ],
    found: { official: pruned.kept },
  };
}

/** At the usual tolerance, and so boldly that what is dropped shows. */
export const checkCertified: RuleCheck = async (device, theCase) => {
  const logPruningTolerance = DEFAULT_LOG_PRUNING_TOLERANCE;
  const usual = await attendOnDevice(device, theCase, certifiedPruning(logPruningTolerance));
  const hard = await attendOnDevice(device, theCase, aggressivePruning(HARD));
  const { out, firstKeys } = usual;
  const mass = droppedMass(theCase, firstKeys);
  const hardMass = droppedMass(theCase, hard.firstKeys);
  return {
    checks: [
      compareTolerance('certified moved', theCase, { out, logPruningTolerance }),
      compareDroppedMass('dropped mass', { mass, logPruningTolerance }),
      ...compareWithTwin(theCase, usual, { prefix: 'certified ', dropped: usual }),
      ...compareWithTwin(theCase, hard, { prefix: 'hard ', dropped: hard }),
    ],
    notes: [
      describeKept(theCase, { certified: usual.kept, hard: hard.kept }),
      `hard drops up to ${(100 * hardMass).toFixed(1)} % of a row's weight`,
    ],
  };
};

/** Output and gradients against the twin that drops the same, and what has to be 0. */
function compareWithTwin(
  theCase: AttentionCase,
  pruned: DeviceResults,
  { prefix, dropped }: { prefix: string; dropped: Dropped },
): Check[] {
  const twin = twinDropping(theCase, dropped);
  return [...compareResults(twin, pruned, prefix), ...compareZeros(theCase, pruned, prefix)];
}

const compareZeros = (theCase: AttentionCase, results: DeviceResults, prefix = ''): Check[] => [
  ...compareEmptyRows(theCase, results, prefix),
  ...compareSilentGates(theCase, results, prefix),
];

/** What our own boundary search found. */
function blocksDropped({ found }: DeviceResults): Dropped {
  if (!found) throw new CaseError('the boundary search found no blocks');
  return { startIndex: found.startIndex, blockM: found.blocks.blockM };
}

const ourThreshold = (device: Device, theCase: AttentionCase): Promise<Float32Array> =>
  thresholdOnDevice(device, theCase, DEFAULT_LOG_PRUNING_TOLERANCE);

const describeKept = (theCase: AttentionCase, kept: Readonly<Record<string, FoundRanges>>) =>
  `blocks kept: ${Object.entries(kept)
    .map(([name, found]) => `${name} ${keptShare(theCase, found)}`)
    .join(', ')}`;
