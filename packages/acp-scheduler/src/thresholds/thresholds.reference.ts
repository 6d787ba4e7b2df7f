// The specification of the threshold and of both logit bounds, in f64. [ACP v2, Sec. 3; arXiv 2504.06949]

export interface ReferenceHeads {
  readonly batch: number;
  readonly numHeads: number;
  /** Query head h reads key head ⌊h / (numHeads / numKvHeads)⌋; default: as many as numHeads. */
  readonly numKvHeads?: number;
  readonly headDim: number;
  readonly smScale: number;
}

/** U = s · max‖q‖ · max‖k‖ for each (b, h). q [B, M, H, D], k [B, N, Hkv, D] -> [B, H]. */
export function referenceLogitBoundFromNorms(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  heads: ReferenceHeads,
): Float64Array {
  const largestQ = largestNorms(q, heads);
  const { numHeads, numKvHeads = numHeads } = heads;
  const largestK = largestNorms(k, { ...heads, numHeads: numKvHeads });
  return largestQ.map((norm, head) => {
    const keyHead = Math.floor(head / numHeads) * numKvHeads + keyHeadOf(head % numHeads, heads);
    return heads.smScale * norm * largestK[keyHead]!;
  });
}

/** max over t of ‖x[b, t, h]‖. x [B, T, H, D] -> [B, H]. */
function largestNorms(
  x: ArrayLike<number>,
  { batch, numHeads, headDim }: ReferenceHeads,
): Float64Array {
  const norms = new Float64Array(batch * numHeads);
  const seqLen = x.length / (batch * numHeads * headDim);
  for (let row = 0; row < batch * seqLen * numHeads; row++) {
    let sum = 0;
    for (let d = 0; d < headDim; d++) sum += (x[row * headDim + d] as number) ** 2;
    const head = Math.floor(row / (seqLen * numHeads)) * numHeads + (row % numHeads);
    norms[head] = Math.max(norms[head] as number, Math.sqrt(sum));
  }
  return norms;
}

/** U = s · D · max|γ_q| · max|γ_k|; weights [H · D] and [Hkv · D], or [D] shared -> [B, H]. */
export function referenceLogitBoundFromQkNorm(
  qWeight: ArrayLike<number>,
  kWeight: ArrayLike<number>,
  heads: ReferenceHeads,
): Float64Array {
  const { batch, numHeads, headDim, smScale } = heads;
  const largest = (weight: ArrayLike<number>, head: number): number => {
    const offset = weight.length === headDim ? 0 : head * headDim;
    return Math.max(
      ...Array.from({ length: headDim }, (_, d) => Math.abs(weight[offset + d] as number)),
    );
  };
  return Float64Array.from({ length: batch * numHeads }, (_, index) => {
    const head = index % numHeads;
    return smScale * headDim * largest(qWeight, head) * largest(kWeight, keyHeadOf(head, heads));
  });
}

const keyHeadOf = (head: number, { numHeads, numKvHeads = numHeads }: ReferenceHeads): number =>
  Math.floor(head / (numHeads / numKvHeads));

/** δ = −2U − log T + log ε. */
export const referenceAdaptiveThreshold = (
  logitUpperBound: number,
  seqLen: number,
  logPruningTolerance: number,
): number => -2 * logitUpperBound - Math.log(seqLen) + logPruningTolerance;
