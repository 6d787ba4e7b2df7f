// JSON of unknown origin: typed errors for whatever it is, and short messages.

import { expect, test } from 'vitest';
import { CheckpointError } from './errors.ts';
import { describeValue, parseJson, shorten } from './json.ts';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

test('JSON comes back as JSON.parse gives it', () => {
  const text = '{"a": [1, {"b": "\\"[[[{:"}], "__proto__": 1}';
  expect(parseJson(text, 'x.json', { uniqueKeys: true })).toEqual(JSON.parse(text));
  expect(parseJson(nested(64), 'x.json')).toEqual(JSON.parse(nested(64)));
});

test.each([
  [nested(65), 'nested at most 64 deep, got deeper'],
  ['['.repeat(3_000_000), 'nested at most 64 deep, got deeper'],
  [`{"a":${nested(100_000)}}`, 'nested at most 64 deep, got deeper'],
  ['{"a":1,}', /expected JSON, which it is not \(at character 7\)/],
  ['', 'expected JSON, which it is not'],
  ['"\\', 'expected JSON, which it is not'],
])('%#: a typed error', (text, message) => {
  expect(() => parseJson(text, 'x.json')).toThrow(message);
  expect(() => parseJson(text, 'x.json')).toThrow(CheckpointError);
});

test.each(['{"a":1,"a":2}', '[{"b":{"a":1,"\\u0061":2}}]'])('%s has a name twice', (text) => {
  expect(() => parseJson(text, 'x.json', { uniqueKeys: true })).toThrow('got one twice');
  expect(parseJson(text, 'x.json')).toEqual(JSON.parse(text));
});

test('a value is described shortly, whatever it is', () => {
  expect(describeValue(['a', 1])).toBe('["a",1]');
  expect(describeValue(undefined)).toBe('nothing');
  expect(describeValue(Number.NaN)).toBe('NaN');
  expect(describeValue({ big: 1n })).toBe('an object');
  expect(describeValue(JSON.parse(nested(200_000)))).toBe('an array');
  expect(describeValue('x'.repeat(1_000_000))).toHaveLength(48);
  expect(shorten('abcdef', 5)).toBe('ab...');
});
