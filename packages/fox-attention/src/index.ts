// @vulpes/fox-attention: forgetting attention, forward and backward, and its f64 twin.

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
  type NaiveForward,
  type NaiveGradients,
  type NaiveInputs,
  naiveDroppedMass,
  naiveForgettingAttention,
  naiveForgettingAttentionBackward,
} from './naive.ts';
export type { NaiveLimits, NaiveRanges } from './naive-limits.ts';
export {
  type NaivePagedInputs,
  type NaivePages,
  naivePagedAttention,
} from './paged/paged.naive.ts';
export {
  appendPages,
  type KeyChunk,
  type PagedAttentionOptions,
  pagedAttention,
} from './paged/paged-attention.ts';
export { type KeyPages, PAGE_SIZE, type PageDims, pageBytes } from './paged/pages.ts';
export { selectBlocks } from './select-blocks.ts';
