// @vulpes/fox-attention: forgetting attention, forward and backward, and its f64 reference.

export {
  backwardBytes,
  backwardFlops,
  causalPairs,
  forwardBytes,
  forwardFlops,
} from './costs.ts';
export { type AttentionDims, HEAD_DIMS } from './dims.ts';
export {
  type AttentionReport,
  attendAndReport,
  type ForgettingAttentionOptions,
  forgettingAttention,
} from './forgetting-attention.ts';
export {
  type ReferencePagedInputs,
  type ReferencePages,
  referencePagedAttention,
} from './paged/paged.reference.ts';
export {
  appendPages,
  type KeyChunk,
  type PagedAttentionOptions,
  pagedAttention,
} from './paged/paged-attention.ts';
export { type KeyPages, PAGE_SIZE, type PageDims, pageBytes } from './paged/pages.ts';
export {
  type ReferenceForward,
  type ReferenceGradients,
  type ReferenceInputs,
  referenceDroppedMass,
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from './reference.ts';
export type { ReferenceLimits, ReferenceRanges } from './reference-limits.ts';
export { selectBlocks } from './select-blocks.ts';
