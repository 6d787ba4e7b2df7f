import { expect, test } from 'vitest';
import { measureWorkgroup } from './measure-workgroup.ts';

test('threads and bytes come from constants, arithmetic and select', () => {
  const wgsl = `
const SIZE: u32 = 8u;
const WIDE: bool = true;
const ROWS = select(2u, SIZE * 4u, WIDE); // 32
var<workgroup> t_a: array<vec4f, ROWS * (SIZE + 1u)>;
var<workgroup> t_b: array<vec2<f32>, SIZE>;
var<workgroup> t_c: array<f16, SIZE>;
var<workgroup> t_n: array<atomic<u32>, 3>;
var<workgroup> t_flag: u32;
@compute @workgroup_size(SIZE, 2) fn main() {}`;
  expect(measureWorkgroup(wgsl)).toEqual({
    threads: 16,
    bytes: 32 * 9 * 16 + 8 * 8 + 8 * 2 + 3 * 4 + 4,
  });
});

test('an alias is the type that it names', () => {
  const wgsl = `
alias Vector = vec4<f32>;
var<workgroup> t_a: array<Vector, 8>;
@compute @workgroup_size(8) fn main() {}`;
  expect(measureWorkgroup(wgsl)).toEqual({ threads: 8, bytes: 8 * 16 });
});

test('what cannot be measured is not a number', () => {
  const wgsl = 'var<workgroup> t_a: array<Row, 4>;\n@compute @workgroup_size(UNKNOWN) fn main() {}';
  expect(measureWorkgroup(wgsl)).toEqual({ threads: Number.NaN, bytes: Number.NaN });
});
