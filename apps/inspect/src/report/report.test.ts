// The parts of the report that decide something.

import { expect, test } from 'vitest';
import { rankTokens } from './gates.ts';
import { chooseSpreadHeads, mass, type NamedHead, percent } from './heads.ts';

test('tokens are ranked by how much is forgotten at them, rare ones left out', () => {
  const tokens = new TextEncoder().encode('aaa...b');
  const logFgate = Float32Array.of(-1, -1, -4, -5, -5, -5, -99);
  expect(rankTokens(logFgate, tokens)).toEqual([
    { token: 46, decay: 5 },
    { token: 97, decay: 2 },
  ]);
});

test('a few heads stand for all, from the longest memory to the shortest', () => {
  const heads = [2, 100, 1, 9, 80].map((halfLife) => ({ halfLife }) as NamedHead);
  expect(chooseSpreadHeads(heads, 3).map(({ halfLife }) => halfLife)).toEqual([100, 9, 1]);
  expect(chooseSpreadHeads(heads, 8).map(({ halfLife }) => halfLife)).toEqual([100, 80, 9, 2, 1]);
});

test('shares as text', () => {
  expect([percent(1, 3), mass(0), mass(4.54e-5)]).toEqual(['33.3%', '0', '4.5e-5']);
});
