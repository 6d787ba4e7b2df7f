// The kernels of this package and the ops with variants, with sizes to check them at.

import type { Variants } from '@vulpes/tensor-core';
import { adamwKernel } from '../ops/adamw/adamw.kernel.ts';
import * as addRmsNorm from '../ops/add-rms-norm/add-rms-norm.kernel.ts';
import { broadcastRowsKernel } from '../ops/broadcast-rows/broadcast-rows.kernel.ts';
import { toHalf, toSingle } from '../ops/cast/cast.kernel.ts';
import * as scans from '../ops/cumulative-log-gate/cumulative-log-gate.kernel.ts';
import * as elementwise from '../ops/elementwise/elementwise.kernel.ts';
import * as embedding from '../ops/embedding/embedding.kernel.ts';
import * as norm from '../ops/global-norm/global-norm.kernel.ts';
import * as crossEntropy from '../ops/linear-cross-entropy/linear-cross-entropy.kernel.ts';
import * as logSigmoid from '../ops/log-sigmoid/log-sigmoid.kernel.ts';
import { fewRowsVariants, matmulVariants } from '../ops/matmul/variants.ts';
import * as muon from '../ops/muon/muon.kernel.ts';
import * as outputGate from '../ops/output-gate/output-gate.kernel.ts';
import * as prepareHeads from '../ops/prepare-heads/prepare-heads.kernel.ts';
import * as rmsNorm from '../ops/rms-norm/rms-norm.kernel.ts';
import { ropeKernel } from '../ops/rope/rope.kernel.ts';
import { stepControlKernel } from '../ops/step-control/step-control.kernel.ts';
import * as sumRows from '../ops/sum-rows/sum-rows.kernel.ts';
import * as swiglu from '../ops/swiglu/swiglu.kernel.ts';
import * as tokenShift from '../ops/token-shift/token-shift.kernel.ts';
import { tokenVisibilityKernel } from '../ops/token-visibility/token-visibility.kernel.ts';
import { listMatmuls } from './list-matmuls.ts';
import type { AnyKernel, ListedKernel } from './listed-kernel.ts';

/** One token, odd sizes, and 2^19 tokens of a 760M model, with the names that the kernels of all ops use. */
const sizes = [
  { batch: 1, seqLen: 1, numHeads: 1, headDim: 2, vocab: 1 },
  { batch: 3, seqLen: 111, numHeads: 5, headDim: 22, vocab: 257 },
  { batch: 8, seqLen: 65536, numHeads: 24, headDim: 64, vocab: 50257 },
].map((size) => {
  const [tokens, width] = [size.batch * size.seqLen, size.numHeads * size.headDim];
  return {
    ...size,
    ...{
      numKvHeads: size.numHeads,
      hasHeadWeights: 1,
    },
    ...{ length: size.seqLen, visibilityLen: size.seqLen, offset: 0, entries: 2, window: 7 },
    ...{
      hasInitial: 1,
      onlyActive: true,
      firstQuery: 0,
      hasPrevious: 1,
      activation: 'silu',
      needsGrad: true,
      direction: -1,
    },
    ...{ tokens, rows: tokens, columns: width, inner: width, size: tokens * width },
    ...{ count: tokens * width, weightRows: 1, parts: 128, rowsPerPart: Math.ceil(tokens / 128) },
    ...{ firstPart: 0, firstRow: 0, ignoreIndex: -100, eps: 1e-6, factor: 2, value: 1 },
    ...{
      dtype: 'f32',
      dtypes: {
        x: 'f32',
        y: 'f32',
        a: 'f32',
        b: 'f16',
        o: 'f32',
        gate: 'f32',
        logit: 'f32',
        delta: 'f16',
        normed: 'f16',
      },
      hasHalf: false,
    },
    ...{ oneMinusBeta1: 0.1, beta2: 0.9, oneMinusBeta2: 0.1 },
  };
});

const kernels: readonly AnyKernel[] = [
  ...[adamwKernel, broadcastRowsKernel, toHalf, toSingle],
  ...[scans.gateScanScalar, scans.gateScanTiled, scans.reverseScanScalar, scans.reverseScanTiled],
  ...[elementwise.addKernel, elementwise.scaleKernel, elementwise.scaleByKernel],
  ...[elementwise.accumulateKernel, elementwise.fillKernel],
  ...[embedding.embeddingForward, embedding.linkOccurrences, embedding.embeddingBackward],
  ...[norm.squareSums, norm.root, stepControlKernel],
  ...[crossEntropy.crossEntropyRowsScalar, crossEntropy.crossEntropyRowsTiled],
  ...[crossEntropy.countedFlags, crossEntropy.meanLoss],
  ...[logSigmoid.logSigmoidForward, logSigmoid.logSigmoidBackward],
  ...[outputGate.outputGateForward, outputGate.outputGateBackward],
  ...[addRmsNorm.addRmsNormForwardScalar, addRmsNorm.addRmsNormForwardTiled],
  ...[addRmsNorm.addRmsNormBackwardScalar, addRmsNorm.addRmsNormBackwardTiled],
  ...[rmsNorm.rmsNormForwardScalar, rmsNorm.rmsNormForwardTiled],
  ...[rmsNorm.rmsNormBackwardScalar, rmsNorm.rmsNormBackwardTiled, rmsNorm.rmsNormDweight],
  ...[
    ropeKernel,
    sumRows.sumRowsScalar,
    sumRows.sumRowsTiled,
    swiglu.swigluForward,
    swiglu.swigluBackward,
  ],
  ...[tokenShift.tokenShiftForward, tokenShift.tokenShiftBackwardScalar],
  ...[tokenShift.tokenShiftBackwardTiled, tokenVisibilityKernel],
];

/** They read four features of a head at once. */
const headKernels: readonly AnyKernel[] = [
  ...[prepareHeads.prepareHeadsForwardTiled, prepareHeads.prepareHeadsForwardScalar],
  ...[prepareHeads.prepareHeadsBackwardTiled, prepareHeads.prepareHeadsBackwardScalar],
  prepareHeads.prepareGatesBackward,
];

const headSizes = sizes.map((size) => {
  const heads = { ...size, headDim: size.headDim * (size.headDim % 4 === 0 ? 1 : 2) };
  return {
    ...heads,
    width: prepareHeads.packedWidth(heads),
    boundScale: 1,
    qWeight: 0,
    kWeight: 64,
    bias: 128,
  };
});

/** A matrix of one element, an odd one, and all of 760M's of one shape. */
const muonSizes = [
  { batch: 1, size: 1, width: 1, n: 1, dtype: 'f32', hasHalf: false },
  { batch: 3, size: 4131, width: 1, n: 51, dtype: 'f32', hasHalf: false },
  { batch: 120, size: 3584 * 1536, width: 4, n: 1536, dtype: 'f32', hasHalf: false },
].map((size) => ({ ...size, momentum: 0.95, epsilon: 1e-7, scale: 1, a: 3, b: -5, c: 2 }));

const muonKernels: readonly AnyKernel[] = [
  ...[muon.muonMomentum, muon.muonNormalize, muon.muonPolynomial, muon.muonUpdate],
];

/** Each kernel of this package, the matmul kernels block by block. */
export const listKernels = (): readonly ListedKernel[] => [
  ...kernels.map((kernel) => ({ kernel, sizes })),
  ...headKernels.map((kernel) => ({ kernel, sizes: headSizes })),
  ...muonKernels.map((kernel) => ({ kernel, sizes: muonSizes })),
  ...listMatmuls(),
];

/** The ops of this package that have variants. */
export const listVariants = (): readonly Variants<never>[] => [
  matmulVariants,
  fewRowsVariants,
  scans.gateScanVariants,
  scans.reverseScanVariants,
  crossEntropy.crossEntropyRows,
  addRmsNorm.addRmsNormForward,
  addRmsNorm.addRmsNormBackward,
  prepareHeads.prepareHeadsForward,
  prepareHeads.prepareHeadsBackward,
  rmsNorm.rmsNormForward,
  rmsNorm.rmsNormBackward,
  tokenShift.tokenShiftBackward,
  norm.squareSumsVariants,
  sumRows.sumRowsVariants,
];
