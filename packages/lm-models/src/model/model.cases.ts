// Small models that between them use every option of the configuration.

import type { FoxConfig } from '../config/config.ts';
import { foxConfig } from '../config/make-config.ts';

export interface ModelCase {
  readonly id: string;
  readonly config: FoxConfig;
}

const base: Partial<FoxConfig> = {
  vocabSize: 24,
  hiddenSize: 32,
  numHeads: 2,
  numHiddenLayers: 1,
  intermediateSize: 16,
  bosTokenId: null,
  eosTokenId: null,
  logPruningTolerance: null,
};
const pro: Partial<FoxConfig> = {
  qkNorm: true,
  useKShift: true,
  useVShift: true,
  useOutputGate: true,
  useOutputNorm: true,
};
const decayTimes: Partial<FoxConfig> = { fgateBiasInit: true, decayTimeMin: 2, decayTimeMax: 64 };

const make = (id: string, fields: Partial<FoxConfig>): ModelCase => ({
  id,
  config: foxConfig({ ...base, ...fields }),
});

export const modelCases: readonly ModelCase[] = [
  make('llama', { numHiddenLayers: 2 }),
  make('pro', { ...pro, numHiddenLayers: 2 }),
  make('pro-rope', { ...pro, useRope: true, ropeBase: 100 }),
  make('pro-shared-qk-norm', { ...pro, qkNormShareParamAcrossHead: true }),
  make('bias-only', { fgateType: 'bias_only', ...decayTimes }),
  make('fixed', { fgateType: 'fixed', ...decayTimes, qkNorm: true }),
  make('transformer', { fgateType: 'none', useRope: true, ropeBase: 100 }),
  make('transformer-pro', { ...pro, fgateType: 'none', useRope: true }),
  make('silu-gate', { useOutputGate: true, ogateAct: 'silu', useVShift: true }),
  make('sigmoid-gate', { useOutputGate: true, useKShift: true }),
  make('output-norm-alone', { useOutputNorm: true }),
  make('tied', { tieWordEmbeddings: true, padTokenId: 0 }),
  make('one-head', { numHeads: 1, qkNorm: true }),
  make('grouped-pro', { ...pro, hiddenSize: 64, numHeads: 4, numKvHeads: 2 }),
  make('grouped-rope-shared-qk-norm', {
    ...pro,
    useRope: true,
    ropeBase: 100,
    numKvHeads: 1,
    qkNormShareParamAcrossHead: true,
  }),
  make('window-pro', { ...pro, numHiddenLayers: 2, windowSize: 5 }),
  make('window-of-2-grouped', { windowSize: 2, numKvHeads: 1 }),
  make('window-transformer', { fgateType: 'none', useRope: true, windowSize: 9 }),
];
