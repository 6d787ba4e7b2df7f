// @vulpes/training: the training loop that Node and the browser share.

export {
  type CheckpointContents,
  type CheckpointLocation,
  checkpointsFolder,
  cleanLeftovers,
  listCheckpoints,
  MARKER_FILE,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint/checkpoint-folder.ts';
export { OPTIMIZER_FILE } from './checkpoint/run-state.ts';
export {
  type CorpusIdentity,
  decodeSettings,
  decodeTrainerState,
  TRAINER_STATE_FILE,
  type TrainerState,
} from './checkpoint/trainer-state.ts';
export { BatchSampler, batchAt, heldOutBatches, type TokenBatch } from './data/batches.ts';
export { type Corpus, type CorpusOptions, createCorpus, type TextSource } from './data/corpus.ts';
export { byteTokenizer, type Tokenizer } from './data/tokenizer.ts';
export { estimateRun, type FlopsPerToken, type RunEstimate } from './estimate.ts';
export { type Evaluation, evaluate } from './evaluate.ts';
export type { TrainEvent } from './events.ts';
export { encodeJson, encodeText, type Files, joinPath, replaceFile } from './files.ts';
export {
  asRecord,
  type JsonRecord,
  nullableNumberField,
  numberField,
  parseJsonRecord,
  stringField,
} from './json-fields.ts';
export { lossCurveSvg } from './loss-curve.ts';
export { memoryFiles } from './memory-files.ts';
export {
  type EvaluationMetrics,
  type Metrics,
  MetricsLog,
  parseMetrics,
  type StepMetrics,
} from './metrics-log.ts';
export type { TensorBatch } from './model.ts';
export { type AdamWState, createAdamWState } from './optimizer.ts';
export { type LayerPruningCounts, type PruningSummary, PruningTally } from './pruning.ts';
export { METRICS_FILE } from './run-keeper.ts';
export { runTraining } from './run-training.ts';
export { learningRateAt, type Schedule } from './schedule.ts';
export {
  ADAMW,
  assertSameCourse,
  defaultSettings,
  FIXED_SETTINGS,
  scheduleOf,
  type TrainSettings,
  tokensPerStep,
  validateSettings,
} from './settings.ts';
export {
  createTrainStep,
  type TrainStep,
  type TrainStepInput,
  type TrainStepOptions,
  type TrainStepResult,
} from './train-step.ts';
export type { TrainingOutcome, TrainingRun } from './training-run.ts';
