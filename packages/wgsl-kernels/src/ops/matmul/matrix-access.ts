// Writes the WGSL that loads eight neighbours of A or B, and stores eight of C, by how they lie in memory.

import type { MatmulDType } from './plan.ts';

/**
 * Elements of a binding: `half8` and `single4` are vectors, for rows that begin at whole vectors;
 * `half` and `single` are numbers, slower, for all others.
 */
export type MatrixAccess = 'half8' | 'half' | 'single4' | 'single';

/** WGSL type of an element, and how many of the matrix it holds. */
export const ACCESS: Readonly<Record<MatrixAccess, { type: string; width: number }>> = {
  half8: { type: 'vec4<u32>', width: 8 },
  half: { type: 'f16', width: 1 },
  single4: { type: 'vec4<f32>', width: 4 },
  single: { type: 'f32', width: 1 },
};

/** How to read or write a matrix whose offset and strides are these. */
export function selectAccess(
  dtype: MatmulDType,
  ...offsetAndStrides: readonly number[]
): MatrixAccess {
  const isMultiple = (width: number) => offsetAndStrides.every((count) => count % width === 0);
  if (dtype === 'f16') return isMultiple(8) ? 'half8' : 'half';
  return isMultiple(4) ? 'single4' : 'single';
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** `load_a(i, last)`: a unit from element i of the binding on; past value `last` (0…7) anything that is in the matrix. */
export function loadSource(name: 'a' | 'b', access: MatrixAccess): string {
  return [
    `fn load_${name}(i: u32, last: u32) -> vec4<u32> {`,
    ...LOADS[access](name).map((line) => `  ${line}`),
    '}',
  ].join('\n');
}

const numbers = (name: string) => {
  const value = (e: number) => `f32(${name}[i + min(${e}u, last)])`;
  const four = (first: number) => range(4).map((e) => value(first + e));
  return [
    `let low = vec4f(${four(0).join(', ')});`,
    `let high = vec4f(${four(4).join(', ')});`,
    'return to_unit(low, high);',
  ];
};

const LOADS: Readonly<Record<MatrixAccess, (name: string) => string[]>> = {
  half8: (name) => [`return ${name}[i];`],
  single4: (name) => [`return to_unit(${name}[i], ${name}[i + min(1u, last / 4u)]);`],
  half: numbers,
  single: numbers,
};

/** `store_c(i, count, low, high)`: the first `count` (≥ 1) of eight values, from element i of C on. */
export function storeSource(access: MatrixAccess): string {
  return [
    'fn store_c(i: u32, count: u32, low: vec4f, high: vec4f) {',
    ...STORES[access]().map((line) => `  ${line}`),
    '}',
  ].join('\n');
}

const storeNumbers = () => [
  'let values = array<f32, 8>(low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w);',
  'for (var e = 0u; e < min(count, 8u); e++) {',
  '  var value = values[e];',
  '  if (ACCUMULATE) { value += f32(c[i + e]); }',
  '  c[i + e] = StoredC(value);',
  '}',
];

/** What lies behind the last column in a vector stays as it is: no other thread writes there. */
const STORES: Readonly<Record<MatrixAccess, () => string[]>> = {
  half8: () => [
    'var unit = to_unit(low, high);',
    'if (ACCUMULATE) { unit = to_unit(low_of(c[i]) + low, high_of(c[i]) + high); }',
    'if (TAIL_N && count < 8u) {',
    '  let kept = first_of_unit(count);',
    '  unit = (unit & kept) | (c[i] & ~kept);',
    '}',
    'c[i] = unit;',
  ],
  single4: () => [
    'let lanes = vec4<u32>(0u, 1u, 2u, 3u);',
    'var first = low;',
    'if (ACCUMULATE) { first += c[i]; }',
    'if (TAIL_N && count < 4u) { first = select(c[i], first, lanes < vec4<u32>(count)); }',
    'c[i] = first;',
    'if (TAIL_N && count <= 4u) { return; }',
    'var second = high;',
    'if (ACCUMULATE) { second += c[i + 1u]; }',
    'if (TAIL_N && count < 8u) { second = select(c[i + 1u], second, lanes + 4u < vec4<u32>(count)); }',
    'c[i + 1u] = second;',
  ],
  half: storeNumbers,
  single: storeNumbers,
};
