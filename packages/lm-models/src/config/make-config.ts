// Making a configuration from some of its fields: the official defaults, pruning on, everything checked.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import type { FoxConfig } from './config.ts';
import { validateConfig } from './validate-config.ts';

/** Defaults of the official class, by which a `config.json` is read. */
export const officialDefaults: FoxConfig = {
  vocabSize: 32000,
  hiddenSize: 2048,
  hiddenRatio: 4,
  intermediateSize: null,
  numHiddenLayers: 24,
  numHeads: 32,
  numKvHeads: null,
  hiddenAct: 'swish',
  windowSize: null,
  maxPositionEmbeddings: 2048,
  initializerRange: 0.02,
  elementwiseAffine: true,
  normEps: 1e-6,
  useCache: true,
  padTokenId: null,
  bosTokenId: 1,
  eosTokenId: 2,
  tieWordEmbeddings: false,
  attentionBias: false,
  fuseNorm: true,
  fuseCrossEntropy: true,
  ropeBase: 500000,
  useRope: false,
  useOutputGate: false,
  ogateAct: 'sigmoid',
  fgateType: 'full',
  fgateBiasInit: false,
  decayTimeMin: null,
  decayTimeMax: null,
  fgateDecayTimes: null,
  useOutputNorm: false,
  qkNorm: false,
  qkNormShareParamAcrossHead: false,
  useKShift: false,
  useVShift: false,
  logPruningTolerance: null,
  pruningMode: 'paper',
};

/**
 * A configuration from some of its fields, with the official defaults for the rest and pruning on (log ε = −10).
 * @throws ArgumentError or UnsupportedError naming the field.
 */
export function foxConfig(fields: Partial<FoxConfig>): FoxConfig {
  const pruning = { logPruningTolerance: DEFAULT_LOG_PRUNING_TOLERANCE };
  return validateConfig({ ...officialDefaults, ...pruning, ...fields });
}
