// Both variants against the f64 reference, chunk after chunk; the reference and the kernels against attention over the whole text.

import { type Device, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import {
  makePagedInputs,
  type PagedInputs,
  referencePages,
  sliceTokens,
  twoPart,
} from '../fixtures/paged-inputs.ts';
import { forgettingAttention } from '../forgetting-attention.ts';
import { referenceForgettingAttention } from '../reference/index.ts';
import { type PagedCase, pagedCases } from './paged.cases.ts';
import { referencePagedAttention } from './paged.reference.ts';
import { appendPages, pagedAttention, pagedAttentionParts } from './paged-attention.ts';
import { type KeyPages, PAGE_SIZE } from './pages.ts';

const BOUND = 1e-6;

type Range = readonly [number, number];

const rangesOf = ({ chunks }: PagedCase): Range[] => {
  const ends = chunks.map((_, n) => chunks.slice(0, n + 1).reduce((sum, size) => sum + size, 0));
  return chunks.map((size, n) => [ends[n]! - size, ends[n]!]);
};

/** The table once the pages that a whole group evicted are freed. */
function freedTable(
  { dims, table }: PagedInputs,
  firstPage: readonly number[],
): Int32Array<ArrayBuffer> {
  const { group, maxPages } = dims;
  return Int32Array.from(table, (page, at) => {
    const [head, column] = [Math.floor(at / maxPages), at % maxPages];
    return column < Math.min(...firstPage.slice(head * group, (head + 1) * group)) ? -1 : page;
  });
}

const chunkOf = (inputs: PagedInputs, range: Range) => {
  const { batch, numKvHeads, group, headDim } = inputs.dims;
  const numHeads = numKvHeads * group;
  const sizes = { rows: batch, length: inputs.length };
  return {
    q: sliceTokens(inputs.q, { ...sizes, width: numHeads * headDim }, range),
    k: sliceTokens(inputs.k, { ...sizes, width: numKvHeads * headDim }, range),
    v: sliceTokens(inputs.v, { ...sizes, width: numKvHeads * headDim }, range),
    logLambda:
      inputs.logLambda &&
      twoPart(
        sliceTokens(
          inputs.logLambda,
          { rows: batch * numHeads, length: inputs.length, width: 1 },
          range,
        ),
      ),
  };
};

/** One output [B, M, H, D] a chunk. */
function expectedChunks(theCase: PagedCase, inputs: PagedInputs): Float64Array[] {
  const pages = referencePages(inputs);
  const { seqStart, windowSize, firstPage } = theCase;
  const ranges = rangesOf(theCase);
  return ranges.map((range, n) => {
    const isLast = n === ranges.length - 1;
    return referencePagedAttention(inputs.dims, {
      q: chunkOf(inputs, range).q,
      queryLen: range[1] - range[0],
      offset: range[0],
      pages,
      seqStart,
      windowSize,
      firstPage: isLast ? firstPage : undefined,
    });
  });
}

/** Pools of NaN: whatever is read without having been written shows. */
function emptyPages(device: Device, { dims, pageCount, table }: PagedInputs): KeyPages {
  const { batch, numKvHeads, group, headDim, maxPages } = dims;
  const pool = () => {
    const shape = [pageCount, PAGE_SIZE, headDim];
    return device.tensor(new Float32Array(pageCount * PAGE_SIZE * headDim).fill(Number.NaN), shape);
  };
  const lambdas = new Int32Array(pageCount * group * PAGE_SIZE * 2).fill(0x7fc00000);
  return {
    k: pool(),
    v: pool(),
    logLambda: dims.hasGate ? device.tensor(lambdas, [pageCount, group, PAGE_SIZE, 2]) : null,
    table: device.tensor(table, [batch, numKvHeads, maxPages]),
  };
}

/** Overwrites with NaN the pages that are in `before` and not in `after`. */
async function poison(pages: KeyPages, before: Int32Array, after: Int32Array): Promise<void> {
  const freed = before.filter((page, at) => page !== after[at]);
  expect(freed.length).toBeGreaterThan(0);
  for (const pool of [pages.k, pages.v]) {
    const values = (await pool.data()) as Float32Array;
    const size = pool.size / (pool.shape[0] as number);
    for (const page of freed) values.fill(Number.NaN, page * size, (page + 1) * size);
    pool.device.write(pool, values);
  }
}

/** The rows of the parts [B, M, H, splits, D + 4] added up. */
function addParts(parts: Float32Array, splits: number, headDim: number): Float32Array {
  const size = headDim + 4;
  const out = new Float32Array((parts.length / (splits * size)) * headDim);
  for (let row = 0; row < out.length / headDim; row++) {
    const own = Array.from({ length: splits }, (_, s) =>
      parts.subarray((row * splits + s) * size, (row * splits + s + 1) * size),
    );
    const pivot = Math.max(...own.map((part) => part[headDim]!));
    const scales = own.map((part) => 2 ** (part[headDim]! - pivot));
    const total = own.reduce((sum, part, s) => sum + scales[s]! * part[headDim + 1]!, 0);
    for (let d = 0; d < headDim; d++) {
      const value = own.reduce((sum, part, s) => sum + scales[s]! * part[d]!, 0);
      out[row * headDim + d] = total > 0 ? value / total : 0;
    }
  }
  return out;
}

/** @param splits - parts of a row; 1: `pagedAttention` */
async function runChunks(device: Device, theCase: PagedCase, inputs: PagedInputs, splits = 1) {
  const { batch, numKvHeads, headDim } = inputs.dims;
  const { numHeads, seqStart, windowSize, firstPage } = theCase;
  const pages = emptyPages(device, inputs);
  const first = firstPage && device.tensor(Int32Array.from(firstPage), [batch, numHeads]);
  const made: Tensor[] = [pages.k, pages.v, pages.table];
  for (const tensor of [pages.logLambda, first]) if (tensor) made.push(tensor);
  const outputs: Record<string, Float32Array> = {};
  for (const [offset, end] of rangesOf(theCase)) {
    const chunk = chunkOf(inputs, [offset, end]);
    const isLast = end === inputs.length;
    if (isLast && firstPage) {
      const table = freedTable(inputs, firstPage);
      await poison(pages, inputs.table, table);
      device.write(pages.table, table);
    }
    const out = device.scope(() => {
      const key = [batch, end - offset, numKvHeads, headDim];
      const logLambda =
        chunk.logLambda && device.tensor(chunk.logLambda, [batch, numHeads, end - offset, 2]);
      const keys = { k: device.tensor(chunk.k, key), v: device.tensor(chunk.v, key), logLambda };
      const starts = seqStart ?? new Array<number>(batch).fill(0);
      const state = device.tensor(Int32Array.of(offset, ...starts), [1 + batch]);
      appendPages(keys, pages, { state, numHeads });
      const q = device.tensor(chunk.q, [batch, end - offset, numHeads, headDim]);
      const firstPage = isLast ? first : undefined;
      const options = { state, windowSize, firstPage };
      if (splits === 1) return pagedAttention(q, pages, options);
      return pagedAttentionParts(q, pages, { ...options, splits });
    });
    const values = (await out.data()) as Float32Array;
    outputs[`tokens ${offset} to ${end}`] =
      splits === 1 ? values : addParts(values, splits, headDim);
    out.dispose();
  }
  disposeAll(made);
  return outputs;
}

const wholeTexts = pagedCases.filter(
  ({ numHeads, numKvHeads, windowSize, firstPage }) =>
    numHeads === numKvHeads && !windowSize && !firstPage,
);

describe('the reference', () => {
  test.each(wholeTexts)('$id: equals attention over the whole text', (theCase) => {
    const inputs = makePagedInputs(theCase);
    const dims = { ...theCase, queryLen: inputs.length, keyLen: inputs.length };
    const { seqStart } = theCase;
    const { out } = referenceForgettingAttention(dims, { ...inputs, seqStart });
    const width = theCase.numHeads * theCase.headDim;
    const sizes = { rows: theCase.batch, length: inputs.length, width };
    for (const [n, range] of rangesOf(theCase).entries()) {
      const actual = expectedChunks(theCase, inputs)[n]!;
      expectMatch(`chunk ${n}`, actual, sliceTokens(out, sizes, range), 1e-13);
    }
  });
});

gpuSuite(
  'pagedAttention',
  (device) => {
    test.each(pagedCases)('$id', async (theCase) => {
      const inputs = makePagedInputs(theCase);
      const actual = await underTwoFills(device(), () => runChunks(device(), theCase, inputs));
      const expected = expectedChunks(theCase, inputs);
      for (const [n, [name, out]] of Object.entries(actual).entries()) {
        expectMatch(name, out, expected[n]!, BOUND);
      }
    });

    test('chunks of any size give what attention over the whole text gives', async () => {
      const theCase = pagedCases.find(({ seqStart }) => seqStart)!;
      const inputs = makePagedInputs(theCase);
      const { batch, numHeads, headDim } = theCase;
      const shape = [batch, inputs.length, numHeads, headDim];
      const whole = device().scope(() =>
        forgettingAttention(
          device().tensor(inputs.q, shape),
          device().tensor(inputs.k, shape),
          device().tensor(inputs.v, shape),
          device().tensor(inputs.logFgate!, [batch, inputs.length, numHeads]),
          { seqStart: device().tensor(Int32Array.from(theCase.seqStart!), [batch]) },
        ),
      );
      const expected = (await whole.data()) as Float32Array;
      whole.dispose();
      const sizes = { rows: batch, length: inputs.length, width: numHeads * headDim };
      for (const size of [7, 32, 75]) {
        const chunks = Array.from({ length: Math.ceil(inputs.length / size) }, (_, n) =>
          Math.min(size, inputs.length - n * size),
        );
        const actual = await runChunks(device(), { ...theCase, chunks }, inputs);
        for (const [n, range] of rangesOf({ ...theCase, chunks }).entries()) {
          const out = Object.values(actual)[n]!;
          expectMatch(`chunks of ${size}: ${n}`, out, sliceTokens(expected, sizes, range), BOUND);
        }
      }
    });
  },
  ['tiled', 'scalar'],
);

gpuSuite('pagedAttentionParts', (device) => {
  const cases = pagedCases.filter(({ id }) => /one-token|grouped|window|let-go|no-gate/.test(id));
  test.each(cases)('$id: its parts add up to the rows', async (theCase) => {
    const inputs = makePagedInputs(theCase);
    const expected = expectedChunks(theCase, inputs);
    const actual = await underTwoFills(device(), () => runChunks(device(), theCase, inputs, 3));
    for (const [n, [name, out]] of Object.entries(actual).entries()) {
      expectMatch(name, out, expected[n]!, BOUND);
    }
  });

  test('one part is refused', () => {
    const theCase = pagedCases[0]!;
    const inputs = makePagedInputs(theCase);
    device().scope(() => {
      const pages = emptyPages(device(), inputs);
      const q = device().tensor(inputs.q, [1, 1, 1, 16]);
      const state = device().zeros([2], { dtype: 'i32' });
      expect(() => pagedAttentionParts(q, pages, { state, splits: 1 })).toThrow(
        'splits to be an integer ≥ 2',
      );
    });
  });
});
