// The certified rule from end to end in f64: each query block walks its keys from the diagonal to the left and stops as soon as
// every row may. The specification of what attention keeps under a `StopRule`.

import { indices } from '../find-index/find-index.reference.ts';
import { firstSeen, referenceBlockBounds } from './block-bounds.reference.ts';
import {
  type CertifiedDims,
  type CertifiedInputs,
  computeDecay,
  logAdd,
  makeLogit,
} from './logits.reference.ts';

/** One row on its walk. */
interface Row {
  /** Where its query stands among the keys. */
  readonly position: number;
  /** First key it may see; position + 1 where it sees none. */
  readonly first: number;
  /** s‖q‖ */
  readonly norm: number;
  /** Log of Σ exp(logit) over the keys so far; −∞ before the first. */
  lse: number;
}

/**
 * First kept key position of each query block, a multiple of blockN; the first multiple past its rows where none of them sees anything.
 * @returns [B, H, ceil(M / blockM)]
 */
export function referenceCertifiedStart(inputs: CertifiedInputs, dims: CertifiedDims): Int32Array {
  const { batch, numHeads, queryLen, blocks } = dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  const blockBounds = referenceBlockBounds(inputs, { ...dims, blockN: blocks.blockN });
  const startIndex = new Int32Array(batch * numHeads * queryBlocks);
  for (const head of indices(batch * numHeads)) {
    for (const m of indices(queryBlocks)) {
      const walker = { head, rows: rowsOf(inputs, dims, head, m), blockBounds };
      startIndex[head * queryBlocks + m] = walk(walker, inputs, dims);
    }
  }
  return startIndex;
}

function walk(
  { head, rows, blockBounds }: { head: number; rows: Row[]; blockBounds: Float64Array },
  inputs: CertifiedInputs,
  dims: CertifiedDims,
): number {
  const { blockN } = dims.blocks;
  const keyBlocks = Math.ceil(dims.keyLen / blockN);
  const logit = makeLogit(inputs, dims, head);
  const smallest = Math.min(...rows.map(({ first }) => first));
  let start = Math.ceil((rows.at(-1)!.position + 1) / blockN) * blockN;
  while (start > smallest) {
    start -= blockN;
    for (const row of rows) {
      const last = Math.min(start + blockN - 1, row.position);
      for (let t = last; t >= Math.max(start, row.first); t--)
        row.lse = logAdd(row.lse, logit(row.position, t));
    }
    const at = (head * keyBlocks + start / blockN - 1) * 2;
    const decay = (row: Row) => computeDecay(inputs, dims, head, row.position, start - 1);
    const isDone = (row: Row) =>
      row.first >= start ||
      (row.lse > Number.NEGATIVE_INFINITY &&
        row.norm * blockBounds[at + 1]! + decay(row) + blockBounds[at]! - row.lse <=
          inputs.logPruningTolerance);
    if (start > 0 && rows.every(isDone)) break;
  }
  return start;
}

/** The rows of a query block that see anything; its last row if none does. */
function rowsOf(inputs: CertifiedInputs, dims: CertifiedDims, head: number, m: number): Row[] {
  const { queryLen, keyLen, numHeads, headDim, blocks } = dims;
  const b = Math.floor(head / numHeads);
  const count = Math.min(blocks.blockM, queryLen - m * blocks.blockM);
  const rows = indices(count).map((r): Row => {
    const i = m * blocks.blockM + r;
    const position = keyLen - queryLen + i;
    const first = firstSeen(inputs.visibility, b, position, keyLen);
    const at = ((b * queryLen + i) * numHeads + (head % numHeads)) * headDim;
    const norm =
      Math.abs(inputs.smScale) * Math.hypot(...indices(headDim).map((d) => inputs.q[at + d]!));
    return { position, first, norm, lse: Number.NEGATIVE_INFINITY };
  });
  const seeing = rows.filter(({ first, position }) => first <= position);
  return seeing.length > 0 ? seeing : [{ ...rows.at(-1)!, first: keyLen + blocks.blockN }];
}
