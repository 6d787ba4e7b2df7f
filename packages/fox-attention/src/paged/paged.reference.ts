// Attention over paged keys in f64: the specification of both kernels.

import { PAGE_SIZE, type PageDims } from './pages.ts';

type Numbers = ArrayLike<number>;

export interface ReferencePages {
  /** [pages, 32, D] */
  readonly k: Numbers;
  readonly v: Numbers;
  /** [pages, G, 32], nats; null without a gate. */
  readonly logLambda: Numbers | null;
  /** [B, Hkv, maxPages] */
  readonly table: Numbers;
}

export interface ReferencePagedInputs {
  /** [B, M, H, D]; query i stands at position offset + i. */
  readonly q: Numbers;
  readonly queryLen: number;
  readonly offset: number;
  readonly pages: ReferencePages;
  /** [B] */
  readonly seqStart?: Numbers | undefined;
  /** [B, H]: pages before it are not read. */
  readonly firstPage?: Numbers | undefined;
  readonly windowSize?: number | undefined;
  readonly smScale?: number | undefined;
}

/** [B, M, H, D]: softmax(s q_i·k_j + λ_i − λ_j) v_j over the visible tokens; 0 where there is none. [FoX v2, forgetting attention] */
export function referencePagedAttention(
  dims: PageDims,
  inputs: ReferencePagedInputs,
): Float64Array {
  const { batch, numKvHeads, group, headDim } = dims;
  const numHeads = numKvHeads * group;
  const out = new Float64Array(batch * inputs.queryLen * numHeads * headDim);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < inputs.queryLen; i++) {
      for (let h = 0; h < numHeads; h++) {
        const o_row = ((b * inputs.queryLen + i) * numHeads + h) * headDim;
        out.set(attendRow(dims, inputs, { b, h, i, o_row }), o_row);
      }
    }
  }
  return out;
}

function attendRow(
  { numKvHeads, group, headDim, maxPages }: PageDims,
  inputs: ReferencePagedInputs,
  { b, h, i, o_row }: { b: number; h: number; i: number; o_row: number },
): Float64Array {
  const { q, pages, smScale = 1 / Math.sqrt(headDim) } = inputs;
  const keyHead = Math.floor(h / group);
  const slotOf = (t: number) => {
    const column = Math.floor(t / PAGE_SIZE);
    const page = pages.table[(b * numKvHeads + keyHead) * maxPages + column]!;
    return { row: page * PAGE_SIZE + (t % PAGE_SIZE), page, at: t % PAGE_SIZE };
  };
  const lambda = (t: number) => {
    const { page, at } = slotOf(t);
    return pages.logLambda?.[(page * group + (h % group)) * PAGE_SIZE + at] ?? 0;
  };
  const position = inputs.offset + i;
  const scores: number[] = [];
  const first = firstKey(inputs, b * numKvHeads * group + h, { b, position });
  for (let j = first; j <= position; j++) {
    let dot = 0;
    const o_key = slotOf(j).row * headDim;
    for (let d = 0; d < headDim; d++) dot += q[o_row + d]! * pages.k[o_key + d]!;
    scores.push(smScale * dot + lambda(position) - lambda(j));
  }
  const max = Math.max(...scores);
  const sum = scores.reduce((total, score) => total + Math.exp(score - max), 0);
  const out = new Float64Array(headDim);
  scores.forEach((score, index) => {
    const o_key = slotOf(first + index).row * headDim;
    const weight = Math.exp(score - max) / sum;
    for (let d = 0; d < headDim; d++) out[d]! += weight * pages.v[o_key + d]!;
  });
  return out;
}

function firstKey(
  { seqStart, firstPage, windowSize }: ReferencePagedInputs,
  head: number,
  { b, position }: { b: number; position: number },
): number {
  const behindWindow = windowSize === undefined ? 0 : position - windowSize + 1;
  return Math.max(seqStart?.[b] ?? 0, (firstPage?.[head] ?? 0) * PAGE_SIZE, behindWindow);
}
