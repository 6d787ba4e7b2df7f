// The true cost of pruning, whatever the rule: what share of its weight a row loses.

import { indices } from '../find-index/find-index.reference.ts';
import { firstSeen } from './block-bounds.reference.ts';
import { type CertifiedDims, type LogitInputs, logAdd, makeLogit } from './logits.reference.ts';

/**
 * The largest share of its attention weight that any row loses where each query block drops the keys before its start, by a plain softmax.
 * @param startIndex - [B, H, ceil(M / blockM)], whoever made it.
 * @param every - looks at each `every`-th row only, the last one included.
 */
export function referenceLargestDroppedMass(
  inputs: LogitInputs,
  startIndex: ArrayLike<number>,
  dims: CertifiedDims,
  every = 1,
): number {
  const { batch, numHeads, queryLen, keyLen, blocks } = dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  let largest = 0;
  for (const head of indices(batch * numHeads)) {
    const logit = makeLogit(inputs, dims, head);
    for (let i = queryLen - 1; i >= 0; i -= every) {
      const start = startIndex[head * queryBlocks + Math.floor(i / blocks.blockM)]!;
      const position = keyLen - queryLen + i;
      const first = firstSeen(inputs.visibility, Math.floor(head / numHeads), position, keyLen);
      let [dropped, kept] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let t = first; t <= position; t++) {
        if (t < start) dropped = logAdd(dropped, logit(position, t));
        else kept = logAdd(kept, logit(position, t));
      }
      if (dropped > Number.NEGATIVE_INFINITY) {
        largest = Math.max(largest, Math.exp(dropped - logAdd(dropped, kept)));
      }
    }
  }
  return largest;
}
