// Adaptive computation pruning: thresholds, block ranges and what they save. [ACP v2; arXiv 2504.06949]

export {
  type CertifiedStopRuleOptions,
  certifiedStopRule,
} from './certified/certified-stop-rule.ts';
export { type FindBlockRangesOptions, findBlockRanges } from './find-index/find-block-ranges.ts';
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
  type AdaptiveThresholdOptions,
  adaptiveThreshold,
  constantThreshold,
  DEFAULT_LOG_PRUNING_TOLERANCE,
} from './thresholds/thresholds.ts';
