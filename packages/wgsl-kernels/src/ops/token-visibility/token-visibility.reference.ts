// Visibility token by token: the specification of the kernel.

import type { TokenVisibilityDims } from './token-visibility.kernel.ts';

type Numbers = ArrayLike<number>;

export interface VisibilityLimits {
  /** [B], tokens before it are padding */
  readonly seqStart?: Numbers | undefined;
  /** [B, documents + 1], or [documents + 1] for a batch of 1; not decreasing. Tokens outside are padding. */
  readonly cuSeqlens?: Numbers | undefined;
  /** Keys that a query may see, its own included. */
  readonly windowSize?: number | undefined;
}

/** [B, N, 2]: the query at t sees keys first … t, the key at t is seen by queries t … end − 1; (t + 1, t) for padding. */
export function referenceTokenVisibility(
  dims: TokenVisibilityDims,
  limits: VisibilityLimits = {},
): Int32Array {
  const { batch, length } = dims;
  const { windowSize = length } = limits;
  const visibility = new Int32Array(batch * length * 2);
  for (let b = 0; b < batch; b++) {
    const start = limits.seqStart?.[b] ?? 0;
    for (let t = 0; t < length; t++) {
      const document = documentOf(t, b, dims, limits.cuSeqlens);
      const isPadding = document === null || t < start;
      const [begin, end] = isPadding ? [t + 1, t] : document;
      const first = isPadding ? begin : Math.max(begin, start, t - windowSize + 1);
      visibility.set([first, Math.min(end, t + windowSize)], (b * length + t) * 2);
    }
  }
  return visibility;
}

/** [begin, end) of the document that holds t, null if none does. */
function documentOf(
  t: number,
  b: number,
  { batch, length }: TokenVisibilityDims,
  cuSeqlens: Numbers | undefined,
): readonly [number, number] | null {
  if (!cuSeqlens) return [0, length];
  const documents = cuSeqlens.length / batch - 1;
  for (let d = 0; d < documents; d++) {
    const begin = cuSeqlens[b * (documents + 1) + d]!;
    const end = cuSeqlens[b * (documents + 1) + d + 1]!;
    if (begin <= t && t < end) return [Math.max(begin, 0), Math.min(end, length)];
  }
  return null;
}
