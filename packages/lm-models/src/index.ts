// Forgetting Transformers and their RoPE baseline: configurations, parameters, model, files, generation.

export type { CacheOptions } from './cache/create-cache.ts';
export { KvCache } from './cache/kv-cache.ts';
export {
  type FgateType,
  type FoxConfig,
  headDimOf,
  intermediateSizeOf,
  numKvHeadsOf,
  type PruningMode,
} from './config.ts';
export { foxConfigFromJson, foxConfigToJson } from './config-json.ts';
export { foxConfig, officialDefaults } from './config-make.ts';
export {
  type FileSystem,
  memoryFileSystem,
} from './folder/file-system.ts';
export { loadModelFolder, type ModelFolder } from './folder/load-folder.ts';
export { encodeModelFiles, saveModelFolder } from './folder/save-folder.ts';
export type { HostTensor, HostWeights } from './folder/weights.ts';
export {
  type GenerateBatchOptions,
  type GenerateOptions,
  generate,
  generateBatch,
} from './generate/generate.ts';
export type { CacheUsage, SharedOptions } from './generate/options.ts';
export { argmax, type SamplingOptions, sampleToken } from './generate/sampling.ts';
export * from './inspect/index.ts';
export {
  createModel,
  type LossInputs,
  type LossResult,
  type Model,
  type ModelInputs,
  type NextTokenInputs,
} from './model.ts';
export { seqStartFromMask } from './padding.ts';
export { initialValues } from './parameters/initial-values.ts';
export type { ParameterInit, ParameterSpec } from './parameters/parameter-spec.ts';
export { nonEmbeddingParameters, parameterSpecs } from './parameters/parameter-specs.ts';
export type { Params } from './parameters/params.ts';
export { foxPreset, type PresetName, presetNames } from './presets.ts';
export * from './safetensors/index.ts';
