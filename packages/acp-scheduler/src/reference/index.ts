// @vulpes/acp-scheduler/reference: thresholds, block ranges, bounds and counts in f64, by brute force.

export {
  type BlockBoundDims,
  type BlockBoundInputs,
  referenceBlockBounds,
} from '../certified/block-bounds.reference.ts';
export { referenceCertifiedStart } from '../certified/certified-start.reference.ts';
export { referenceLargestDroppedMass } from '../certified/dropped-mass.reference.ts';
export type { CertifiedDims, CertifiedInputs, LogitInputs } from '../certified/logits.reference.ts';
export {
  type ReferenceBlockRanges,
  referenceBlockRanges,
  type SearchDims,
} from '../find-index/find-index.reference.ts';
export { referencePruningCounts } from '../pruning-stats/pruning-counts.reference.ts';
export * from '../thresholds/thresholds.reference.ts';
