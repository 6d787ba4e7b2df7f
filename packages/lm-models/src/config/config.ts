// The model's configuration: the fields of the official `config.json`, camelCased, each with what it accepts.

import * as v from 'valibot';
import {
  flag,
  integerUpTo,
  negative,
  oneOf,
  orNull,
  positive,
  positiveInteger,
  tokenId,
  twoPositive,
} from './field-types.ts';

/** How a head's forget gate is made: from the token, from a learned bias, from a fixed bias, or not at all. */
const fgateType = oneOf('full', 'bias_only', 'fixed', 'none');
export type FgateType = v.InferOutput<typeof fgateType>;

/** "paper": block ranges by the threshold of [ACP v2]; "certified": attention stops by its own running log-sum-exp, at the same ε. */
const pruningMode = oneOf('paper', 'certified');
export type PruningMode = v.InferOutput<typeof pruningMode>;

export const configSchema = v.strictObject({
  vocabSize: positiveInteger,
  hiddenSize: positiveInteger,
  /** MLP width as a multiple of `hiddenSize`, counted as if it had two matrices; see `getIntermediateSize`. */
  hiddenRatio: orNull(positive),
  /** Overrides `hiddenRatio`. */
  intermediateSize: orNull(positiveInteger),
  numHiddenLayers: integerUpTo(4096),
  numHeads: positiveInteger,
  /** Key and value heads, which divide `numHeads`: each serves a group of query heads. null: as many as query heads. */
  numKvHeads: orNull(positiveInteger),
  hiddenAct: oneOf('swish', 'sigmoid'),
  /** Sliding window: tokens that a token attends to, itself included. The official model has none. null: all. */
  windowSize: orNull(positiveInteger),
  /** Tokens a generation looks back at where nothing is forgotten by gates, or positions are rotated in; training may use any length. */
  maxPositionEmbeddings: orNull(positiveInteger),
  /** Standard deviation of the linear and embedding weights at the start. */
  initializerRange: positive,
  elementwiseAffine: flag,
  /** Of the block, final and output norms. QK-norm has its own, 1e-5. */
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
  fgateType,
  /** Start the gate bias at decay times spread evenly in log from `decayTimeMin` to `decayTimeMax` (tokens). */
  fgateBiasInit: flag,
  decayTimeMin: orNull(positive),
  decayTimeMax: orNull(positive),
  /**
   * Not an official field, written to `config.json` only where it is set: the biases of data-dependent gates start at decay times
   * spread evenly in log from the first to the second (tokens), so that heads begin with memories of all lengths. null: all gates start at 1/2.
   */
  fgateDecayTimes: orNull(twoPositive),
  useOutputNorm: flag,
  qkNorm: flag,
  /** One [headDim] weight for all heads instead of one per head: what the released checkpoints have. */
  qkNormShareParamAcrossHead: flag,
  useKShift: flag,
  useVShift: flag,
  /** log ε of adaptive computation pruning: attention mass below ε is skipped. null = dense. */
  logPruningTolerance: orNull(negative),
  /** How pruning decides. Not an official field, written to `config.json` only where it is "certified". */
  pruningMode,
});

/**
 * Fields of the official `ForgettingTransformerConfig` (zhixuan-lin/forgetting-transformer), camelCased.
 * `null` is Python's `None`. Make one with `foxConfig`, a preset, or `foxConfigFromJson`.
 */
export type FoxConfig = Readonly<v.InferOutput<typeof configSchema>>;
