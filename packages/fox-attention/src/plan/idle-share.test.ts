// The model of a launch, and what the kernels' order leaves idle, as the README says.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { headsSideBySide } from '../kernels/tile.ts';
import {
  headAfterHead,
  idleShare,
  lastRowsFirst,
  longestFirst,
  type WorkOfTile,
} from './idle-share.ts';

const TOKENS = 16_384;
const TILE = 32;
const dims = { heads: 12, tiles: TOKENS / TILE };

/** Some heads keep all, some next to nothing: decay times 4…4096 tokens, log-spaced. */
const decayTimes = Array.from({ length: dims.heads }, (_, h) => 4 * 1024 ** (h / (dims.heads - 1)));

/** Tiles that a row tile visits where keys are dropped once D + S ≤ log ε: after τ (10 + log τ) tokens. */
const certified: WorkOfTile = (head, tile) => {
  const tau = decayTimes[head]!;
  return Math.min(tile + 1, Math.ceil((tau * (10 + Math.log(tau))) / TILE) + 1);
};
const dense: WorkOfTile = (_, tile) => tile + 1;

describe('idleShare', () => {
  test('counts by hand', () => {
    // Two slots: 3 and 1 + 1, then 4 on the second: it ends at 6 of 12 slot units, 9 of them worked.
    expect(idleShare([3, 1, 1, 4], 2)).toBeCloseTo(1 - 9 / 12, 12);
    expect(idleShare([4, 3, 1, 1], 2)).toBeCloseTo(1 - 9 / 10, 12);
    expect(idleShare([5], 4)).toBe(0.75);
    expect(idleShare([0, 0], 2)).toBe(0);
  });

  test('one slot is never idle', () => {
    expect(idleShare(headAfterHead(dims, certified), 1)).toBeCloseTo(0, 12);
  });
});

describe('the order of the tiled kernels', () => {
  const sideBySide = headsSideBySide({ keyLen: TOKENS, headDim: 64, dtype: 'f32' }, dims.heads);
  const orders = [headAfterHead, lastRowsFirst(sideBySide), longestFirst];

  test('keeps few heads side by side at long contexts, all at short ones', () => {
    const together = (keyLen: number) => headsSideBySide({ keyLen, headDim: 64, dtype: 'f32' }, 12);
    expect([512, 2048, 4096, 16_384, 65_536].map(together)).toEqual([12, 12, 6, 2, 1]);
  });

  test('numbers every workgroup once', () => {
    const each = Array.from({ length: dims.heads * dims.tiles }, (_, id) => id);
    const idOf: WorkOfTile = (head, tile) => head * dims.tiles + tile;
    for (const order of orders) {
      expect(order(dims, idOf).sort((a, b) => a - b)).toEqual(each);
    }
  });

  test('leaves less idle than head after head, as the README shows', () => {
    const rows = [528, 64, 8].flatMap((slots) =>
      Object.entries({ dense, certified }).map(([name, work]) => {
        const shares = orders.map((order) => idleShare(order(dims, work), slots));
        expect(shares[1]).toBeLessThan(0.3 * shares[0]!);
        return [name, String(slots), ...shares.map((share) => `${(100 * share).toFixed(2)} %`)];
      }),
    );
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const shown = readme
      .split('\n')
      .filter((line) => /^\| (dense|certified) /.test(line))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(shown).toEqual(rows);
  });
});
