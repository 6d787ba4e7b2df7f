// Loops that are written out.

import { expect, test } from 'vitest';
import { unroll } from './unroll.ts';

const nested = `const ROWS: u32 = 2u;
fn main() {
  for (var i = 0u; i < ROWS; i++) { // @unroll
    var sum = 0.0;
    for (var d = 0u; d < 2u; d++) { // @unroll
      sum += left[i] * at(d, i);
    }
    for (var plain = 0u; plain < ROWS; plain++) { sum += 1.0; }
  }
}
`;

test('marked loops are written out, from the outside in, others stay', () => {
  expect(unroll('kernel', nested)).toMatchInlineSnapshot(`
    "const ROWS: u32 = 2u;
    fn main() {
      {
        var sum = 0.0;
        {
          sum += left[0u] * at(0u, 0u);
        }
        {
          sum += left[0u] * at(1u, 0u);
        }
        for (var plain = 0u; plain < ROWS; plain++) { sum += 1.0; }
      }
      {
        var sum = 0.0;
        {
          sum += left[1u] * at(0u, 1u);
        }
        {
          sum += left[1u] * at(1u, 1u);
        }
        for (var plain = 0u; plain < ROWS; plain++) { sum += 1.0; }
      }
    }
    "
  `);
});

test('a text without marks stays as it is', () => {
  const plain = nested.replaceAll(' // @unroll', '');
  expect(unroll('kernel', plain)).toBe(plain);
});

test('a marked loop that cannot be written out is an error', () => {
  const loop = (head: string) => () => unroll('kernel', `${head} // @unroll\n  x();\n}\n`);
  expect(loop('for (var i = 1u; i < 4u; i++) {')).toThrowErrorMatchingInlineSnapshot(
    `[KernelSpecError: kernel: expected a loop to unroll such as 'for (var d = 0u; d < COUNT; d++) {', got 'for (var i = 1u; i < 4u; i++) {'.]`,
  );
  expect(loop('for (var i = 0u; i < OTHER; i++) {')).toThrowErrorMatchingInlineSnapshot(
    `[KernelSpecError: kernel: expected the turns of an unrolled loop to be a literal or a constant declared with one, got 'OTHER'.]`,
  );
});
