// The model's configuration: the fields of the official `config.json`, camelCased.

/** How a head's forget gate is made: from the token, from a learned bias, from a fixed bias, or not at all. */
export type FgateType = 'full' | 'bias_only' | 'fixed' | 'none';

/** "paper": block ranges by the threshold of [ACP v2]; "certified": attention stops by its own running log-sum-exp, at the same ε. */
export type PruningMode = 'paper' | 'certified';

/**
 * Fields of the official `ForgettingTransformerConfig` (zhixuan-lin/forgetting-transformer), camelCased.
 * `null` is Python's `None`. Make one with `foxConfig`, a preset, or `foxConfigFromJson`.
 */
export interface FoxConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  /** MLP width as a multiple of `hiddenSize`, counted as if it had two matrices; see `getIntermediateSize`. */
  readonly hiddenRatio: number | null;
  /** Overrides `hiddenRatio`. */
  readonly intermediateSize: number | null;
  readonly numHiddenLayers: number;
  readonly numHeads: number;
  /** Key and value heads, which divide `numHeads`: each serves a group of query heads. null: as many as query heads. */
  readonly numKvHeads: number | null;
  readonly hiddenAct: 'swish' | 'sigmoid';
  /** Sliding window: tokens that a token attends to, itself included. The official model has none. null: all. */
  readonly windowSize: number | null;
  /** Tokens a generation looks back at where nothing is forgotten by gates, or positions are rotated in; training may use any length. */
  readonly maxPositionEmbeddings: number | null;
  /** Standard deviation of the linear and embedding weights at the start. */
  readonly initializerRange: number;
  readonly elementwiseAffine: boolean;
  /** Of the block, final and output norms. QK-norm has its own, 1e-5. */
  readonly normEps: number;
  readonly useCache: boolean;
  readonly padTokenId: number | null;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly tieWordEmbeddings: boolean;
  readonly attentionBias: boolean;
  readonly fuseNorm: boolean;
  readonly fuseCrossEntropy: boolean;
  readonly ropeBase: number;
  readonly useRope: boolean;
  readonly useOutputGate: boolean;
  readonly ogateAct: 'sigmoid' | 'silu';
  readonly fgateType: FgateType;
  /** Start the gate bias at decay times spread evenly in log from `decayTimeMin` to `decayTimeMax` (tokens). */
  readonly fgateBiasInit: boolean;
  readonly decayTimeMin: number | null;
  readonly decayTimeMax: number | null;
  /**
   * Ours, written to `config.json` only where it is set: the biases of data-dependent gates start at decay times spread evenly in
   * log from the first to the second (tokens), so that heads begin with memories of all lengths. null: all gates start at 1/2.
   */
  readonly fgateDecayTimes: readonly [number, number] | null;
  readonly useOutputNorm: boolean;
  readonly qkNorm: boolean;
  /** One [headDim] weight for all heads instead of one per head: what the released checkpoints have. */
  readonly qkNormShareParamAcrossHead: boolean;
  readonly useKShift: boolean;
  readonly useVShift: boolean;
  /** log ε of adaptive computation pruning: attention mass below ε is skipped. null = dense. */
  readonly logPruningTolerance: number | null;
  /** How pruning decides; ours, written to `config.json` only where it is "certified". */
  readonly pruningMode: PruningMode;
}

/** Features of one head. */
export const getHeadDim = (config: FoxConfig): number => config.hiddenSize / config.numHeads;

/** Heads of keys and values. */
export const getNumKvHeads = (config: FoxConfig): number => config.numKvHeads ?? config.numHeads;

/** MLP width: 2/3 · hiddenSize · hiddenRatio (SwiGLU has three matrices), rounded up to a multiple of 256. */
export function getIntermediateSize(config: FoxConfig): number {
  if (config.intermediateSize !== null) return config.intermediateSize;
  const width = Math.floor((config.hiddenSize * (config.hiddenRatio ?? 4) * 2) / 3);
  return 256 * Math.ceil(width / 256);
}
