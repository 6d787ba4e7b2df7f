// @vulpes/training: the training loop that Node and the browser share.

export type { AcceptedChanges, ResumeRequest } from './checkpoint/assert-resumable.ts';
export {
  type CheckpointContents,
  type CheckpointLocation,
  cleanLeftovers,
  listCheckpoints,
  listSetAside,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint/checkpoint-folder.ts';
export { loadCheckedModel } from './checkpoint/load-checked-model.ts';
export { restoreSetAside } from './checkpoint/set-aside.ts';
export { readLayer } from './config/read-layer.ts';
export {
  layOver,
  mergeLayers,
  resolveConfig,
  toConfig,
  toRun,
  toSource,
} from './config/resolve-config.ts';
export {
  type ConfigLayer,
  type ConfigSection,
  configFields,
  configSections,
  type DataConfig,
  describeField,
  type RunConfig,
  type TrainingConfig,
} from './config/run-config.ts';
export {
  BatchSampler,
  heldOutBatches,
  type SamplerOptions,
  type TokenBatch,
} from './data/batches.ts';
export { estimateRun, type FlopsPerToken, type RunEstimate } from './estimate.ts';
export { createEvaluator, type Evaluation, type Evaluator } from './evaluate.ts';
export { type EvaluationRun, evaluateModel } from './evaluation/evaluate-model.ts';
export { defaultEvaluation, type EvaluationSettings } from './evaluation/evaluation-settings.ts';
export { FIRST_DRAWN, movingAverage } from './evaluation/position-loss.ts';
export type {
  EvaluationReport,
  NeedleResult,
  PositionResult,
  TaskResult,
} from './evaluation/report.ts';
export type { Files } from './files.ts';
export { memoryFiles } from './memory-files.ts';
export {
  type EvaluationMetrics,
  METRICS_FILE,
  type Metrics,
  type ParsedMetrics,
  type StepMetrics,
} from './metrics-log.ts';
export type { TensorBatch } from './model.ts';
export { planMemory, type RunMemory } from './plan-memory.ts';
export { choosePrecision, type Precision, type PrecisionChoice, precisions } from './precision.ts';
export { type LayerPruningCounts, type PruningSummary, PruningTally } from './pruning.ts';
export {
  type DataSource,
  RUN_FILE,
  type RunDescription,
  readMetrics,
  readRunFile,
  writeDeviceFile,
  writeRunFile,
} from './run-folder.ts';
export { type RunPreset, runPresets } from './run-presets.ts';
export { checkResumable } from './run-state.ts';
export { runTraining } from './run-training.ts';
export { learningRateAt, type Schedule } from './schedule.ts';
export {
  ADAMW,
  defaultSettings,
  makeSchedule,
  type OptimizerSettings,
  type TrainSettings,
  validateSettings,
} from './settings.ts';
export { disposeResult, readStep, type StepValues } from './step-values.ts';
export {
  createTrainStep,
  type TrainStep,
  type TrainStepInput,
  type TrainStepOptions,
  type TrainStepResult,
} from './train-step.ts';
export { allocateState, copyToHalves, disposeState, type TrainedState } from './trained-state.ts';
export type { TrainEvent, TrainingOutcome, TrainingRun } from './training-run.ts';
export { decodeTuning, encodeTuning } from './tuning-file.ts';
