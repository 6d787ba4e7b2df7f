// @vulpes/fox-attention: forgetting attention, forward and backward.

export {
  backwardBytes,
  backwardFlops,
  causalPairs,
  forwardBytes,
  forwardFlops,
} from './costs.ts';
export { type AttentionDims, HEAD_DIMS } from './dims.ts';
export {
  type AttentionWithStats,
  type ForgettingAttentionOptions,
  forgettingAttention,
  forgettingAttentionWithStats,
} from './forgetting-attention.ts';
export {
  appendPages,
  type KeyChunk,
  type PagedAttentionOptions,
  pagedAttention,
  pagedAttentionParts,
} from './paged/paged-attention.ts';
export { type KeyPages, PAGE_SIZE, type PageDims, pageBytes } from './paged/pages.ts';
export { selectBlocks } from './select-blocks.ts';
