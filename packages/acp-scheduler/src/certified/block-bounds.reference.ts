// What certified pruning knows about the keys up to the end of each block, by its definition in f64: the specification of both launches.

const NEG_LARGE = -1e30;

export interface BlockBoundDims {
  readonly batch: number;
  readonly numHeads: number;
  /** Query head h reads key head ⌊h / (numHeads / numKvHeads)⌋. */
  readonly numKvHeads: number;
  readonly headDim: number;
  /** N. */
  readonly keyLen: number;
  readonly blockN: number;
}

export interface BlockBoundInputs {
  /** [B, N, Hkv, D] */
  readonly k: ArrayLike<number>;
  /** [B, H, N], natural log. */
  readonly logLambda: ArrayLike<number>;
  /** [B, N, 2] (first, end); absent: every token sees all before it. */
  readonly visibility?: ArrayLike<number> | undefined;
}

/**
 * For the last key j of each block: S = log Σ exp(λ_j − λ_t) over the keys t that j itself may see, and the largest ‖k_t‖ of the
 * blocks that hold those keys. Where j sees nothing: NEG_LARGE and 0.
 * @returns [B, H, ceil(N / blockN), 2]
 */
export function referenceBlockBounds(inputs: BlockBoundInputs, dims: BlockBoundDims): Float64Array {
  const { batch, numHeads, keyLen, blockN } = dims;
  const blocks = Math.ceil(keyLen / blockN);
  const blockBounds = new Float64Array(batch * numHeads * blocks * 2);
  for (let head = 0; head < batch * numHeads; head++) {
    const norms = keyNorms(inputs.k, head, dims);
    for (let block = 0; block < blocks; block++) {
      const lastKey = Math.min((block + 1) * blockN, keyLen) - 1;
      const first = firstSeen(inputs.visibility, Math.floor(head / numHeads), lastKey, keyLen);
      blockBounds.set(
        boundOf(inputs.logLambda, norms, { head, first, lastKey }, dims),
        (head * blocks + block) * 2,
      );
    }
  }
  return blockBounds;
}

function boundOf(
  logLambda: ArrayLike<number>,
  norms: Float64Array,
  { head, first, lastKey }: { head: number; first: number; lastKey: number },
  { keyLen, blockN }: BlockBoundDims,
): [number, number] {
  if (first > lastKey) return [NEG_LARGE, 0];
  const lambda = (t: number) => logLambda[head * keyLen + t]!;
  let keys = 0;
  for (let t = first; t <= lastKey; t++) keys += Math.exp(lambda(lastKey) - lambda(t));
  const firstOfBlock = first - (first % blockN);
  return [
    Math.log(keys),
    norms.subarray(firstOfBlock, lastKey + 1).reduce((a, b) => Math.max(a, b)),
  ];
}

/** The first key that the query at `position` may see. */
export function firstSeen(
  visibility: ArrayLike<number> | undefined,
  b: number,
  position: number,
  keyLen: number,
): number {
  return visibility?.[(b * keyLen + position) * 2] ?? 0;
}

/** ‖k_t‖ of the key head that a query head reads, [N]. */
export function keyNorms(k: ArrayLike<number>, head: number, dims: BlockBoundDims): Float64Array {
  const { numHeads, numKvHeads, keyLen, headDim } = dims;
  const b = Math.floor(head / numHeads);
  const keyHead = Math.floor((head % numHeads) / (numHeads / numKvHeads));
  return Float64Array.from({ length: keyLen }, (_, t) => {
    const at = ((b * keyLen + t) * numKvHeads + keyHead) * headDim;
    let sum = 0;
    for (let d = 0; d < headDim; d++) sum += k[at + d]! ** 2;
    return Math.sqrt(sum);
  });
}
