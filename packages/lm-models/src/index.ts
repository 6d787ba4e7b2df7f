// Forgetting Transformers and their RoPE baseline: configurations, parameters, model, files, generation.

export type { CacheOptions } from './cache/create-cache.ts';
export { KvCache } from './cache/kv-cache.ts';
export {
  configSchema as foxConfigSchema,
  type FgateType,
  type FoxConfig,
  type PruningMode,
} from './config/config.ts';
export { foxConfigFromJson, foxConfigToJson } from './config/config-json.ts';
export { foxConfig, officialDefaults } from './config/make-config.ts';
export { foxPreset, type PresetName, presetNames } from './config/presets.ts';
export { getHeadDim, getIntermediateSize, getNumKvHeads } from './config/sizes.ts';
export {
  type FileSystem,
  memoryFileSystem,
} from './folder/file-system.ts';
export { loadModelFolder, type ModelFolder } from './folder/load-folder.ts';
export { encodeModelFiles, saveModelFolder } from './folder/save-folder.ts';
export { Decoder, type DecoderOptions } from './generate/decoder.ts';
export {
  type GenerateBatchOptions,
  type GenerateOptions,
  generate,
  generateBatch,
} from './generate/generate.ts';
export type { CacheUsage, SharedOptions } from './generate/options.ts';
export { argmax, type SamplingOptions, sampleToken } from './generate/sampling.ts';
export { type ChooserOptions, type ChosenTokens, TokenChooser } from './generate/token-chooser.ts';
export type { AttentionInputs } from './layers/attention-inputs.ts';
export { type AttentionResult, attentionLayer } from './layers/attention-layer.ts';
export { block } from './layers/block.ts';
export { type Checkpointing, checkpointings } from './layers/checkpointing.ts';
export type { ComputeDType } from './layers/compute.ts';
export type { ForwardContext } from './layers/context.ts';
export type { DecodingState } from './layers/decoding-state.ts';
export { mlp } from './layers/mlp.ts';
export type { LayerPruning } from './layers/pruning.ts';
export { type Documents, makeVisibility, type Visibility } from './layers/visibility.ts';
export {
  createModel,
  type LossInputs,
  type LossResult,
  type Model,
  type ModelInputs,
  type ModelOptions,
  type NextTokenInputs,
} from './model/model.ts';
export { type ObservedAttention, observeAttention } from './model/observe-attention.ts';
export { seqStartFromMask } from './model/padding.ts';
export type { HostTensor, HostWeights } from './parameters/host-weights.ts';
export { initialValues } from './parameters/initial-values.ts';
export { type PackedParameter, packedParameters } from './parameters/packed-parameters.ts';
export type { ParameterInit, ParameterSpec } from './parameters/parameter-spec.ts';
export { nonEmbeddingParameters, parameterSpecs } from './parameters/parameter-specs.ts';
export { type ParamReader, type Params, paramsBelow } from './parameters/params.ts';
export * from './safetensors/index.ts';
