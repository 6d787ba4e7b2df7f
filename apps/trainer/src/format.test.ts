// Numbers and durations as a reader sees them.

import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatPercent,
} from './format.ts';

test.each([
  [7.4, '7s'],
  [59.6, '1m00s'],
  [185, '3m05s'],
  [3723, '1h02m'],
  [Number.POSITIVE_INFINITY, '–'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [512, '512 B'],
  [2048, '2.00 KiB'],
  [12_345_678, '11.8 MiB'],
  [3 * 2 ** 30, '3.00 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [7, '7.00'],
  [819_200, '0.82 M'],
  [5_400, '5.40 k'],
  [2.5e12, '2.50 T'],
])('%d is %s', (value, text) => {
  expect(formatCount(value)).toBe(text);
});

test('integers have separators, shares are whole per cents', () => {
  expect(formatInteger(1234567.4)).toBe('1,234,567');
  expect(formatPercent(0.614)).toBe('61%');
});
