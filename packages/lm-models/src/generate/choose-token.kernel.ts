// Bindings and grids of the kernels that choose the next token of each row.

import { defineKernel } from '@vulpes/wgsl-kernels';
import drawTokenWgsl from './draw-token.wgsl';
import likeliestTokenWgsl from './likeliest-token.wgsl';
import logitKeysWgsl from './logit-keys.wgsl';
import philoxWgsl from './philox.wgsl';
import wideWgsl from './wide.wgsl';

interface LogitDims {
  readonly batch: number;
  readonly vocab: number;
}

export interface DrawDims extends LogitDims {
  readonly temperature: number;
  /** null: all tokens. */
  readonly topK: number | null;
  /** null: all of the weight. */
  readonly topP: number | null;
  /** Any safe integer ≥ 0. */
  readonly seed: number;
}

export const likeliestTokenKernel = defineKernel({
  name: 'likeliest-token',
  source: likeliestTokenWgsl,
  lib: [logitKeysWgsl],
  bindings: ['logits:read', 'chosen:write'],
  select: (_dims: LogitDims) => ({ WG_SIZE: 256, UNROLL: 8 }),
  grid: ({ batch }) => [batch, 1, 1],
  // t_best, t_bad
  workgroupBytes: ({ WG_SIZE }) => 12 * WG_SIZE,
});

export const drawTokenKernel = defineKernel({
  name: 'draw-token',
  source: drawTokenWgsl,
  lib: [wideWgsl, philoxWgsl, logitKeysWgsl],
  bindings: ['logits:read', 'draws:read_write', 'chosen:write'],
  params: ({ topK, topP, seed, vocab }: DrawDims) => ({
    top_k: Math.min(topK ?? vocab, vocab),
    top_p: Math.min(Math.floor((topP ?? 1) * 2 ** 32), 2 ** 32 - 1),
    seed_low: seed >>> 0,
    seed_high: Math.floor(seed / 2 ** 32),
  }),
  select: ({ topK, topP, vocab }: DrawDims) => ({
    WG_SIZE: 256,
    UNROLL: 8,
    HAS_TOP_K: topK !== null && topK < vocab,
    HAS_TOP_P: topP !== null && topP < 1,
  }),
  grid: ({ batch }) => [batch, 1, 1],
  // t_low, t_high (4 copies each), t_sums, t_counts, and five words
  workgroupBytes: ({ WG_SIZE }) => 4 * ((8 + 2 + 1) * WG_SIZE + 5),
});
