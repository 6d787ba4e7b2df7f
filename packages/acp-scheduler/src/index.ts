// Adaptive computation pruning: thresholds, block ranges and what they save. [ACP v2; arXiv 2504.06949]

export { naiveCertifiedStart } from './certified/certified-start.naive.ts';
export {
  type CertifiedStopRuleOptions,
  certifiedStopRule,
} from './certified/certified-stop-rule.ts';
export { naiveLargestDroppedMass } from './certified/dropped-mass.naive.ts';
export type {
  CertifiedDims,
  CertifiedInputs,
  LogitInputs,
} from './certified/logits.naive.ts';
export {
  naiveStopEdges,
  type StopEdgeDims,
  type StopEdgeInputs,
} from './certified/stop-edges.naive.ts';
export { type FindBlockRangesOptions, findBlockRanges } from './find-index/find-block-ranges.ts';
export {
  type NaiveBlockRanges,
  naiveBlockRanges,
  type SearchDims,
} from './find-index/find-index.naive.ts';
export { naivePruningCounts } from './pruning-stats/pruning-counts.naive.ts';
export { type PruningCountsOptions, pruningCounts } from './pruning-stats/pruning-counts.ts';
export {
  blockCost,
  type PruningStats,
  type PruningStatsDims,
  type PruningTotals,
  pruningStats,
} from './pruning-stats/pruning-stats.ts';
export {
  logitUpperBoundFromNorms,
  logitUpperBoundFromQkNorm,
  type QkNormDims,
} from './thresholds/logit-upper-bound.ts';
export {
  naiveAdaptiveThreshold,
  naiveLogitBoundFromNorms,
  naiveLogitBoundFromQkNorm,
} from './thresholds/thresholds.naive.ts';
export {
  type AdaptiveThresholdOptions,
  adaptiveThreshold,
  constantThreshold,
  DEFAULT_LOG_PRUNING_TOLERANCE,
} from './thresholds/thresholds.ts';
