// Keys and values of a generation in pages of 32 tokens, so that what no later query needs can be freed.

import {
  assertShape,
  type DType,
  DTypeError,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { HEAD_DIMS } from '../dims.ts';

/** Tokens in a page. */
export const PAGE_SIZE = 32;

/** The pages of one layer. A page belongs to one key head of one sequence and holds what its query heads need of 32 tokens. */
export interface KeyPages {
  /** f32 [pages, 32, D] */
  readonly k: Tensor;
  /** f32 [pages, 32, D] */
  readonly v: Tensor;
  /** i32 [pages, G, 32, 2], G = H / Hkv: logLambda of each query head of the group; null without a gate. */
  readonly logLambda: Tensor | null;
  /** i32 [B, Hkv, maxPages]: the page of tokens 32 n … 32 n + 31; −1 where it was freed, or never filled. */
  readonly table: Tensor;
}

export interface PageDims {
  readonly batch: number;
  readonly numKvHeads: number;
  /** Query heads that share a key head. */
  readonly group: number;
  readonly headDim: number;
  readonly maxPages: number;
  readonly hasGate: boolean;
}

/** Bytes of one page: k, v, and logLambda of the group. */
export const pageBytes = ({
  headDim,
  group,
  hasGate,
}: Pick<PageDims, 'headDim' | 'group' | 'hasGate'>): number =>
  PAGE_SIZE * (2 * headDim * 4 + (hasGate ? group * 8 : 0));

/** @throws ShapeError DTypeError */
export function checkPages(op: string, pages: KeyPages, numHeads: number): PageDims {
  const { B, Hkv, maxPages } = assertShape(op, 'table', pages.table, ['B', 'Hkv', 'maxPages']);
  const { D, pool } = assertShape(op, 'k', pages.k, ['pool', PAGE_SIZE, 'D']);
  assertShape(op, 'v', pages.v, ['pool', PAGE_SIZE, 'D'], { pool, D });
  if (numHeads % Hkv !== 0) {
    throw new ShapeError(
      `${op}: expected H to be a multiple of Hkv=${Hkv}, got H=${numHeads}. Query head h reads key head h / (H / Hkv).`,
    );
  }
  if (!HEAD_DIMS.includes(D)) {
    throw new ShapeError(
      `${op}: expected head dim D to be 16, 32, 64 or 128, got pages ${formatShape(pages.k.shape)}.`,
    );
  }
  const group = numHeads / Hkv;
  if (pages.logLambda) {
    assertShape(op, 'logLambda pages', pages.logLambda, ['pool', group, PAGE_SIZE, 2], { pool });
    assertDType(op, 'logLambda pages', pages.logLambda, 'i32');
  }
  assertDType(op, 'k pages', pages.k, 'f32');
  assertDType(op, 'v pages', pages.v, 'f32');
  assertDType(op, 'table', pages.table, 'i32');
  const hasGate = pages.logLambda !== null;
  return { batch: B, numKvHeads: Hkv, group, headDim: D, maxPages, hasGate };
}

export function assertDType(op: string, name: string, tensor: Tensor, dtype: DType): void {
  if (tensor.dtype === dtype) return;
  throw new DTypeError(
    `${op}: expected ${name} ${dtype}, got ${tensor.dtype}${formatShape(tensor.shape)}. Cast it before the call.`,
  );
}
