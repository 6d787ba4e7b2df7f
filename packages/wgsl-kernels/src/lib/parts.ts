// WGSL parts for the kernels of other packages, as typed constants: declaration bundling cannot re-export a text file.

import fixedGate from './fixed-gate.wgsl';
import groupSumsSubgroup from './group-sums.subgroup.wgsl';
import groupSumsTiled from './group-sums.tiled.wgsl';
import laneSum from './lane-sum.wgsl';
import logOnePlus from './log-one-plus.wgsl';
import seenBlocks from './seen-blocks.wgsl';
import shiftWeights from './shift-weights.wgsl';

/** Each says in its first lines what it computes and which constants it needs. */
export const wgslParts: Readonly<
  Record<
    | 'fixedGate'
    | 'groupSumsSubgroup'
    | 'groupSumsTiled'
    | 'laneSum'
    | 'logOnePlus'
    | 'seenBlocks'
    | 'shiftWeights',
    string
  >
> = { fixedGate, groupSumsSubgroup, groupSumsTiled, laneSum, logOnePlus, seenBlocks, shiftWeights };
