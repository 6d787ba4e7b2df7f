// The page table: allots as the text grows, never in padding, frees from the left, uses freed pages again.

import { expect, test } from 'vitest';
import { PageTable } from './page-table.ts';

test('pages come one a key head and 32 tokens, and freed ones come back', () => {
  const table = new PageTable({ batch: 1, numKvHeads: 2, seqStart: null });
  expect(table.extend(1)).toBe(true);
  expect(table.extend(32)).toBe(false);
  expect(table.extend(65)).toBe(true);
  expect([...table.entries(4)]).toEqual([0, 2, 3, -1, 1, 4, 5, -1]);
  expect([table.heldPages, table.pageCount, table.columnCount]).toEqual([6, 6, 3]);
  expect(table.release(1, 2)).toBe(true);
  expect(table.release(1, 2)).toBe(false);
  expect([...table.entries(3)]).toEqual([0, 2, 3, -1, -1, 5]);
  expect(table.heldPages).toBe(4);
  table.extend(97);
  expect([...table.entries(4)]).toEqual([0, 2, 3, 4, -1, -1, 5, 1]);
  expect([table.heldPages, table.pageCount, table.countPages(97)]).toEqual([6, 6, 8]);
});

test('pages wholly in padding are never allotted', () => {
  const table = new PageTable({ batch: 3, numKvHeads: 1, seqStart: [0, 33, 64] });
  table.extend(64);
  expect([...table.entries(2)]).toEqual([0, 1, -1, 2, -1, -1]);
  expect([table.heldPages, table.countPages(64), table.countPages(65)]).toEqual([3, 3, 6]);
  table.extend(70);
  expect(table.heldPages).toBe(6);
  // What a head evicts may lie in padding, or to the right of the text.
  expect(table.release(2, 1)).toBe(false);
  expect(table.release(1, 9)).toBe(true);
  expect(table.heldPages).toBe(4);
});
