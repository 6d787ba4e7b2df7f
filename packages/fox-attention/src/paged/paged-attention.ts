// Decoding and chunked prefill: attention of the newest tokens over all earlier ones in pages, and writing those pages.

import { ArgumentError, assertShape, type Tensor } from '@vulpes/tensor-core';
import { appendPagesKernel, type PagedDims, pagedTiled, pagedVariants } from './paged.kernel.ts';
import { assertDType, checkPages, type KeyPages } from './pages.ts';

export interface PagedAttentionOptions {
  /**
   * i32 [1 + B], on the device so that a recorded launch holds for every token of a text: the position of the first query (tokens
   * before the chunk, padding included), then of each row the first token that is not padding. Tokens before it are not attended
   * to, rows before it give 0.
   */
  readonly state: Tensor;
  /** i32 [B, H]: pages before it are not read, whether they are still held or not. Default 0. */
  readonly firstPage?: Tensor | undefined;
  /** Tokens that a row sees, itself included. Default all. */
  readonly windowSize?: number | null | undefined;
  /** Default 1/sqrt(D). */
  readonly smScale?: number | undefined;
}

const NO_WINDOW = 0xffffffff;

/**
 * o_i = Σ_j softmax_j(smScale q_i·k_j + λ_i − λ_j) v_j over the tokens j ≤ position + i that row i sees; the chunk's own keys must
 * have been appended. Equals the rows of `forgettingAttention` over the whole text, however it is cut into chunks.
 * Not differentiable. [FoX v2, forgetting attention]
 * @param q - [B, M, H, D], f32; query i stands at position state[0] + i, where the table has a column
 * @param pages - k, v, logLambda by pages; a page that a row needs must be in the table
 * @returns [B, M, H, D]
 * @throws ShapeError DTypeError ArgumentError
 */
export function pagedAttention(q: Tensor, pages: KeyPages, options: PagedAttentionOptions): Tensor {
  const dims = checkQueries('pagedAttention', q, pages, options);
  const { device } = q;
  return device.scope(() => {
    const out = device.empty(q.shape, { label: 'paged attention' });
    const { kernel } = pagedVariants.choose(device.caps, dims);
    kernel.run(device, { dims, tensors: { q, ...inputs(pages, options), out } });
    return out;
  });
}

/**
 * The same, each row cut into `splits` parts that run side by side, for few rows over many keys on a GPU. The caller adds them up:
 * o = Σ 2^(pivot − max pivot) values / Σ 2^(pivot − max pivot) sum, 0 where all sums are 0.
 * @param options.splits - at least 2
 * @returns [B, M, H, splits, D + 4]: D values, pivot, sum, 0, 0
 * @throws ShapeError DTypeError ArgumentError
 */
export function pagedAttentionParts(
  q: Tensor,
  pages: KeyPages,
  { splits, ...options }: PagedAttentionOptions & { readonly splits: number },
): Tensor {
  const op = 'pagedAttentionParts';
  const dims = { ...checkQueries(op, q, pages, options), splits };
  if (!(Number.isInteger(splits) && splits >= 2)) {
    throw new ArgumentError(`${op}: expected splits to be an integer ≥ 2, got ${splits}.`);
  }
  const { device } = q;
  const shape = [...q.shape.slice(0, -1), splits, dims.headDim + 4];
  const out = device.empty(shape, { label: 'parts of paged attention' });
  pagedTiled.run(device, { dims, tensors: { q, ...inputs(pages, options), out } });
  return out;
}

function checkQueries(
  op: string,
  q: Tensor,
  pages: KeyPages,
  { state, firstPage, windowSize, smScale }: PagedAttentionOptions,
): PagedDims {
  assertDType(op, 'q', q, 'f32');
  const { B, M, H } = assertShape(op, 'q', q, ['B', 'M', 'H', 'D']);
  const dims = { ...checkPages(op, pages, H), queryLen: M };
  assertShape(op, 'q', q, ['B', 'M', 'H', 'D'], { B: dims.batch, D: dims.headDim });
  checkState(op, state, B);
  if (firstPage) {
    assertDType(op, 'firstPage', firstPage, 'i32');
    assertShape(op, 'firstPage', firstPage, ['B', 'H'], { B, H });
  }
  if (windowSize != null && !(Number.isInteger(windowSize) && windowSize >= 1)) {
    throw new ArgumentError(
      `${op}: expected windowSize to be an integer ≥ 1, got ${windowSize}. Leave it out for no window.`,
    );
  }
  return {
    ...dims,
    numHeads: H,
    window: windowSize ?? NO_WINDOW,
    smScale: smScale ?? 1 / Math.sqrt(dims.headDim),
  };
}

const inputs = (pages: KeyPages, { state, firstPage }: PagedAttentionOptions) => ({
  ...pools(pages),
  first_page: firstPage,
  state,
});

const pools = ({ k, v, logLambda, table }: KeyPages) => ({
  pool_k: k,
  pool_v: v,
  pool_lambda: logLambda,
  table,
});

function checkState(op: string, state: Tensor, batch: number): void {
  assertDType(op, 'state', state, 'i32');
  assertShape(op, 'state', state, [1 + batch]);
}

export interface KeyChunk {
  /** f32 [B, M, Hkv, D] */
  readonly k: Tensor;
  /** f32 [B, M, Hkv, D] */
  readonly v: Tensor;
  /** i32 [B, H, M, 2]; null without a gate. */
  readonly logLambda: Tensor | null;
}

/**
 * Writes a chunk into its pages, from position state[0] on, see `PagedAttentionOptions`; those that the table has no page for (left padding) are left out.
 * @throws ShapeError DTypeError ArgumentError
 */
export function appendPages(
  { k, v, logLambda }: KeyChunk,
  pages: KeyPages,
  { state, numHeads }: { state: Tensor; numHeads: number },
): void {
  const op = 'appendPages';
  const { batch, ...rest } = checkPages(op, pages, numHeads);
  const bound = { B: batch, Hkv: rest.numKvHeads, D: rest.headDim };
  const { M } = assertShape(op, 'k', k, ['B', 'M', 'Hkv', 'D'], bound);
  assertShape(op, 'v', v, ['B', 'M', 'Hkv', 'D'], { ...bound, M });
  assertDType(op, 'k', k, 'f32');
  assertDType(op, 'v', v, 'f32');
  if ((logLambda === null) === rest.hasGate) {
    throw new ArgumentError(
      `${op}: expected logLambda where the pages have it and null where not, got ${logLambda ? 'one' : 'null'}.`,
    );
  }
  if (logLambda) {
    assertDType(op, 'logLambda', logLambda, 'i32');
    assertShape(op, 'logLambda', logLambda, ['B', 'H', 'M', 2], { B: batch, H: numHeads, M });
  }
  checkState(op, state, batch);
  appendPagesKernel.run(k.device, {
    dims: { batch, ...rest, queryLen: M },
    tensors: { k, v, log_lambda: logLambda, ...pools(pages), state },
  });
}
