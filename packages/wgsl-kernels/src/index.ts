// @vulpes/wgsl-kernels: the kernel toolkit and the general kernels of a transformer.

export { assemble, type KernelSpec } from './assemble.ts';
export {
  assertBlockRanges,
  assertBlockSizes,
  assertStopRule,
  type BlockRangeDims,
  type BlockRanges,
  type BlockSizes,
  type KeptBlocks,
  type StopRule,
} from './block-ranges.ts';
export type { BindingText, KernelTensors } from './contract/bindings.ts';
export {
  defineKernel,
  type Kernel,
  type KernelCall,
  type KernelDefinition,
  type KernelPlan,
} from './define-kernel.ts';
export { logLambdaWgsl } from './lib/log-lambda.ts';
export { wgslParts } from './lib/parts.ts';
export { avoidBarriersOnCpu } from './lib/prefer.ts';
export {
  type AdamwStep,
  adamwStep,
  type DecayPlacement,
  toDecayBlocks,
} from './ops/adamw/index.ts';
export { addRmsNorm } from './ops/add-rms-norm/index.ts';
export { broadcastRows } from './ops/broadcast-rows/index.ts';
export { cast, castInto } from './ops/cast/index.ts';
export { cumulativeLogGate, reverseCumsum } from './ops/cumulative-log-gate/index.ts';
export { accumulate, add, fill, scale, scaleBy } from './ops/elementwise/index.ts';
export { embedding } from './ops/embedding/index.ts';
export { globalNorm } from './ops/global-norm/index.ts';
export { addLinear, type LinearOptions, linear } from './ops/linear/index.ts';
export {
  assertLabels,
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
} from './ops/linear-cross-entropy/index.ts';
export { logSigmoid } from './ops/log-sigmoid/index.ts';
export {
  launchMatmul,
  listMatmulCandidates,
  type MatmulCandidate,
  type MatmulDType,
  type MatmulLaunch,
  type MatmulOptions,
  matmul,
  matmulFingerprint,
} from './ops/matmul/index.ts';
export { type MuonMatrices, type MuonStep, muonStep } from './ops/muon/index.ts';
export { type GateActivation, outputGate } from './ops/output-gate/index.ts';
export {
  type HeadDims,
  type PreparedHeads,
  type PrepareHeadsInputs,
  type PrepareHeadsOptions,
  packedWidth,
  prepareHeads,
} from './ops/prepare-heads/index.ts';
export { gatedRmsNorm, rmsNorm } from './ops/rms-norm/index.ts';
export { rope } from './ops/rope/index.ts';
export {
  initialStepState,
  MAX_LOSS_SCALE,
  STEP_CONTROL,
  STEP_NUMBERS,
  type StepControlInputs,
  type StepSettings,
  stepControl,
  stepNumbers,
} from './ops/step-control/index.ts';
export { sumRows } from './ops/sum-rows/index.ts';
export { swiglu, swigluBackward, swigluForward } from './ops/swiglu/index.ts';
export { tokenShift } from './ops/token-shift/index.ts';
export {
  packedOffsets,
  type TokenVisibilityOptions,
  tokenVisibility,
} from './ops/token-visibility/index.ts';
