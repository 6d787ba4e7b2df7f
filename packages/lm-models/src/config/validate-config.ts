// Checking a configuration: every field's type and range, then the combinations that the official model refuses.

import { ArgumentError, UnsupportedError } from '@vulpes/tensor-core';
import type { FoxConfig } from './config.ts';

type Check = readonly [expected: string, accepts: (value: unknown) => boolean];

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
const count: Check = [
  'a positive integer',
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
];
const tokenId: Check = [
  'an integer ≥ 0',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
];
const positive: Check = ['a positive number', (value) => isNumber(value) && value > 0];
const negative: Check = ['a negative number', (value) => isNumber(value) && value < 0];
const twoPositive: Check = [
  'two positive numbers',
  (value) => Array.isArray(value) && value.length === 2 && value.every(positive[1]),
];
const flag: Check = ['true or false', (value) => typeof value === 'boolean'];
const oneOf = (...words: string[]): Check => [
  words.map((word) => `"${word}"`).join(' or '),
  (value) => words.includes(value as string),
];
const orNull = ([expected, accepts]: Check): Check => [
  `${expected}, or null`,
  (value) => value === null || accepts(value),
];

/** HEAD_DIM values the attention kernels are made for. */
const HEAD_DIMS = [16, 32, 64, 128];

const fieldChecks: Readonly<Record<keyof FoxConfig, Check>> = {
  vocabSize: count,
  hiddenSize: count,
  hiddenRatio: orNull(positive),
  intermediateSize: orNull(count),
  numHiddenLayers: count,
  numHeads: count,
  numKvHeads: orNull(count),
  hiddenAct: oneOf('swish', 'sigmoid'),
  windowSize: orNull(count),
  maxPositionEmbeddings: orNull(count),
  initializerRange: positive,
  elementwiseAffine: flag,
  normEps: positive,
  useCache: flag,
  padTokenId: orNull(tokenId),
  bosTokenId: orNull(tokenId),
  eosTokenId: orNull(tokenId),
  tieWordEmbeddings: flag,
  attentionBias: flag,
  fuseNorm: flag,
  fuseCrossEntropy: flag,
  ropeBase: positive,
  useRope: flag,
  useOutputGate: flag,
  ogateAct: oneOf('sigmoid', 'silu'),
  fgateType: oneOf('full', 'bias_only', 'fixed', 'none'),
  fgateBiasInit: flag,
  decayTimeMin: orNull(positive),
  decayTimeMax: orNull(positive),
  fgateDecayTimes: orNull(twoPositive),
  useOutputNorm: flag,
  qkNorm: flag,
  qkNormShareParamAcrossHead: flag,
  useKShift: flag,
  useVShift: flag,
  logPruningTolerance: orNull(negative),
  pruningMode: oneOf('paper', 'certified'),
};

/**
 * Returns the configuration if it can be built.
 * @throws ArgumentError where a field has a wrong value, UnsupportedError where it asks for what is not there.
 */
export function validateConfig(config: FoxConfig): FoxConfig {
  for (const [name, value] of Object.entries(config)) checkField(name, value);
  checkHeads(config);
  checkGates(config);
  checkSupported(config);
  return config;
}

function checkField(name: string, value: unknown): void {
  const check = Object.hasOwn(fieldChecks, name) ? fieldChecks[name as keyof FoxConfig] : undefined;
  if (!check) {
    const known = Object.keys(fieldChecks).join(', ');
    throw new ArgumentError(`config: unknown field ${name}. Known fields: ${known}.`);
  }
  const [expected, accepts] = check;
  if (accepts(value)) return;
  throw new ArgumentError(
    `config: expected ${name} to be ${expected}, got ${JSON.stringify(value)}.`,
  );
}

function checkHeads({ hiddenSize, numHeads, numKvHeads }: FoxConfig): void {
  if (numKvHeads !== null && numHeads % numKvHeads !== 0) {
    throw new ArgumentError(
      `config: expected numKvHeads to divide numHeads ${numHeads}, got ${numKvHeads}. Each key head serves equally many query heads.`,
    );
  }
  const headDim = hiddenSize / numHeads;
  if (HEAD_DIMS.includes(headDim)) return;
  throw new ArgumentError(
    `config: expected hiddenSize / numHeads to be one of ${HEAD_DIMS.join(', ')}, got ${hiddenSize} / ${numHeads} = ${headDim}. Change the number of heads.`,
  );
}

/** The assertions of the official attention layer. */
function checkGates(config: FoxConfig): void {
  const { fgateType, fgateBiasInit, decayTimeMin, decayTimeMax } = config;
  if (fgateBiasInit && (fgateType === 'full' || fgateType === 'none')) {
    throw new ArgumentError(
      `config: expected fgateType "bias_only" or "fixed" with fgateBiasInit, got "${fgateType}".`,
    );
  }
  if (fgateType === 'fixed' && !fgateBiasInit) {
    throw new ArgumentError('config: expected fgateBiasInit with fgateType "fixed", got false.');
  }
  const given = [decayTimeMin, decayTimeMax].filter((time) => time !== null).length;
  if (given !== (fgateBiasInit ? 2 : 0)) {
    throw new ArgumentError(
      `config: expected decayTimeMin and decayTimeMax ${fgateBiasInit ? 'with' : 'to be null without'} fgateBiasInit, got ${decayTimeMin} and ${decayTimeMax}.`,
    );
  }
  if (config.fgateDecayTimes !== null && fgateType !== 'full') {
    throw new ArgumentError(
      `config: expected fgateType "full" with fgateDecayTimes, got "${fgateType}". Others have fgateBiasInit.`,
    );
  }
  if (config.useOutputNorm && config.useOutputGate && config.ogateAct !== 'sigmoid') {
    throw new ArgumentError(
      `config: expected ogateAct "sigmoid" with useOutputNorm, got "${config.ogateAct}".`,
    );
  }
}

function checkSupported(config: FoxConfig): void {
  const limits: readonly (readonly [unsupported: boolean, message: string])[] = [
    [config.hiddenAct !== 'swish', `hiddenAct "${config.hiddenAct}"; use "swish"`],
    [config.attentionBias, 'attentionBias; the official model has no such biases either'],
    [!config.elementwiseAffine, 'norms without weights (elementwiseAffine false)'],
  ];
  for (const [unsupported, message] of limits) {
    if (unsupported) throw new UnsupportedError(`config: not supported: ${message}.`);
  }
}
