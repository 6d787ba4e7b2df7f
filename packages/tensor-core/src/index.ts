// @vulpes/tensor-core: the WebGPU runtime and reverse-mode autograd that every other package builds on.

export type {
  Device,
  Dispatch,
  KernelTime,
  MemoryStats,
  Recorder,
  Tensor,
  TensorOptions,
} from './api.ts';
export {
  ARENA_BLOCK,
  type Arena,
  type ArenaEntry,
  type ArenaLayout,
  createArena,
  type Placement,
  planArena,
} from './arena.ts';
export { type CheckpointOptions, checkpoint } from './autograd/checkpoint.ts';
export { defineOp } from './autograd/op.ts';
export type {
  BackwardContext,
  ForwardContext,
  GradientPlace,
  Op,
  OpDefinition,
  PartialColumns,
  PartialShape,
} from './autograd/op-types.ts';
export { reshape } from './autograd/reshape.ts';
export { stopGradient } from './autograd/stop-gradient.ts';
export { type LossResult, type ValueAndGrad, valueAndGrad } from './autograd/value-and-grad.ts';
export { type TensorRecord, type Vjp, vjp } from './autograd/vjp.ts';
export type { DeviceCaps, SubgroupMatrixConfig } from './caps.ts';
export { type CountingDevice, createCountingDevice, type GpuCounts } from './counting-device.ts';
export { createDevice, type DeviceOptions } from './create-device.ts';
export { DTYPE_BYTES, type DType, type HostArray } from './dtype.ts';
export * from './errors.ts';
export { foldGrid } from './grid.ts';
export { sha256Hex } from './hash.ts';
export { describeValue, parseJson, shorten } from './json.ts';
export type { AdapterChoice } from './platform/types.ts';
export { type BindingAccess, MAX_PARAMS_BYTES, type Program } from './program.ts';
export {
  type CompiledStep,
  compileStep,
  type StepDefinition,
  type StepInput,
} from './replay/compile-step.ts';
export type { StepBinding } from './replay/step-plan.ts';
export { CounterRng, philox4x32 } from './rng.ts';
export {
  assertShape,
  assertValidShape,
  formatShape,
  type Shape,
  sameShape,
  shapeSize,
} from './shape.ts';
export { spanOf } from './span.ts';
export { offsetIn, shareBuffer } from './tensor.ts';
export { disposeAll, leaves, mapRecord } from './tree.ts';
export {
  adapterKey,
  fingerprint,
  type MatmulTuning,
  type TuningTable,
  tuningFingerprint,
} from './tuning.ts';
export { checkOffsets } from './validate/check-offsets.ts';
export {
  defineVariants,
  describeVariants,
  explainVariants,
  findMissing,
  formatMatrixConfig,
  formatVariants,
  listDefinedVariants,
  parseVariants,
  type Requirements,
  type Variant,
  type VariantChoice,
  type VariantName,
  type VariantReport,
  type Variants,
} from './variants/index.ts';
