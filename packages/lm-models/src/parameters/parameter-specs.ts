// All parameters of a configuration, by the names of the official state dict.

import type { FoxConfig } from '../config/config.ts';
import { getHeadDim, getIntermediateSize, getNumKvHeads } from '../config/sizes.ts';
import type { ParameterInit, ParameterSpec } from './parameter-spec.ts';

const ones: ParameterInit = { kind: 'constant', value: 1 };
const zeros: ParameterInit = { kind: 'constant', value: 0 };

/** A norm's weight. */
const norm = (name: string, size: number): ParameterSpec => ({
  name,
  shape: [size],
  init: ones,
  weightDecay: false,
  trainable: true,
});

/** A linear's weight, [out, in], or the embedding's, [vocab, hidden]. */
const matrix = (name: string, shape: [number, number], init: ParameterInit): ParameterSpec => ({
  name,
  shape,
  init,
  weightDecay: true,
  trainable: true,
});

/** In the order of the forward pass. */
export function parameterSpecs(config: FoxConfig): ParameterSpec[] {
  const { vocabSize, hiddenSize, numHiddenLayers, padTokenId, tieWordEmbeddings } = config;
  const weights: ParameterInit = { kind: 'normal', std: config.initializerRange };
  const table = padTokenId === null ? weights : { ...weights, zeroRow: padTokenId };
  const layers = Array.from({ length: numHiddenLayers }, (_, layer) => blockSpecs(config, layer));
  const head = matrix('lm_head.weight', [vocabSize, hiddenSize], weights);
  return [
    matrix('model.embeddings.weight', [vocabSize, hiddenSize], table),
    ...layers.flat(),
    norm('model.norm.weight', hiddenSize),
    ...(tieWordEmbeddings ? [] : [head]),
  ];
}

function blockSpecs(config: FoxConfig, layer: number): ParameterSpec[] {
  const { hiddenSize } = config;
  const width = getIntermediateSize(config);
  const weights: ParameterInit = { kind: 'normal', std: config.initializerRange };
  const prefix = `model.layers.${layer}`;
  return [
    norm(`${prefix}.attn_norm.weight`, hiddenSize),
    ...attentionSpecs(config, `${prefix}.attn`),
    norm(`${prefix}.mlp_norm.weight`, hiddenSize),
    matrix(`${prefix}.mlp.gate_proj.weight`, [2 * width, hiddenSize], weights),
    matrix(`${prefix}.mlp.down_proj.weight`, [hiddenSize, width], weights),
  ];
}

function attentionSpecs(config: FoxConfig, prefix: string): ParameterSpec[] {
  const { hiddenSize: h } = config;
  const [headDim, numKvHeads] = [getHeadDim(config), getNumKvHeads(config)];
  const weights: ParameterInit = { kind: 'normal', std: config.initializerRange };
  const linear = (name: string, out: number) =>
    matrix(`${prefix}.${name}.weight`, [out, h], weights);
  const maybeShifted = (name: string, isShifted: boolean) =>
    isShifted
      ? [linear(`${name}.linear`, numKvHeads * headDim), linear(`${name}.shift_proj`, numKvHeads)]
      : [linear(name, numKvHeads * headDim)];
  const qkNorm = (name: string, heads: number) =>
    norm(`${prefix}.${name}.weight`, config.qkNormShareParamAcrossHead ? headDim : heads * headDim);
  return [
    linear('q_proj', h),
    ...maybeShifted('k_proj', config.useKShift),
    ...maybeShifted('v_proj', config.useVShift),
    ...(config.qkNorm ? [qkNorm('q_norm', config.numHeads), qkNorm('k_norm', numKvHeads)] : []),
    ...forgetGateSpecs(config, prefix, linear),
    ...(config.useOutputGate ? [linear('ogate_proj', h)] : []),
    ...(config.useOutputNorm ? [norm(`${prefix}.output_norm.weight`, h)] : []),
    linear('o_proj', h),
  ];
}

/** The official layer keeps the bias of a "fixed" gate as a buffer: saved, never trained. */
function forgetGateSpecs(
  config: FoxConfig,
  prefix: string,
  linear: (name: string, out: number) => ParameterSpec,
): ParameterSpec[] {
  const { fgateType, numHeads } = config;
  const bias = (name: string): ParameterSpec => ({
    name: `${prefix}.${name}`,
    shape: [numHeads],
    init: gateBiasInit(config),
    weightDecay: false,
    trainable: fgateType !== 'fixed',
  });
  if (fgateType === 'none') return [];
  if (fgateType === 'full') return [linear('fgate_proj', numHeads), bias('fgate_proj.bias')];
  return [bias('fgate_bias')];
}

function gateBiasInit(config: FoxConfig): ParameterInit {
  const { fgateBiasInit, decayTimeMin, decayTimeMax, fgateDecayTimes } = config;
  if (fgateDecayTimes) {
    const [min, max] = fgateDecayTimes;
    return { kind: 'decay-times', min, max };
  }
  const hasDecayTimes = fgateBiasInit && decayTimeMin !== null && decayTimeMax !== null;
  return hasDecayTimes ? { kind: 'decay-times', min: decayTimeMin, max: decayTimeMax } : zeros;
}

/** Parameters of a configuration, as the papers count them: the input embedding is left out, the output head counts. */
export function nonEmbeddingParameters(config: FoxConfig): number {
  return parameterSpecs(config)
    .filter(({ name, trainable }) => trainable && name !== 'model.embeddings.weight')
    .reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);
}
