// The @spec block: values in, names and types held to the file.

import { expect, test } from 'vitest';
import { assemble } from './assemble.ts';

const source = `// doubles x
// @spec
const WG_SIZE: u32 = 64u;   // threads
const SHIFT: i32 = 0i;
const SCALE: f32 = 2.0;
const IS_ON: bool = false;
alias Vector = f32;           // storage type
// @end-spec
fn main() {}`;
const spec = { WG_SIZE: 32, SHIFT: -1, SCALE: 3, IS_ON: true, Vector: 'u32' };

test('replaces every value and keeps the rest', () => {
  expect(assemble('double', source, spec, ['// part'])).toMatchInlineSnapshot(`
    "// part
    // doubles x
    const WG_SIZE: u32 = 32u;
    const SHIFT: i32 = -1i;
    const SCALE: f32 = 3.0;
    const IS_ON: bool = true;
    alias Vector = u32;
    fn main() {}"
  `);
});

test('an alias that names f16 enables it, once', () => {
  const half = '// @spec\nalias Stored = f32;\n// @end-spec\nfn main() {}';
  const text = 'enable f16;\nalias Stored = vec4<f16>;\nfn main() {}';
  expect(assemble('half', half, { Stored: 'vec4<f16>' })).toBe(text);
  expect(assemble('half', `enable f16;\n${half}`, { Stored: 'vec4<f16>' })).toBe(text);
});

test('a file without a @spec block takes no values', () => {
  expect(assemble('plain', 'fn main() {}', {})).toBe('fn main() {}');
  expect(() => assemble('plain', 'fn main() {}', { A: 1 })).toThrow(
    /plain: expected spec names \(none\), got also A/,
  );
});

test('names and types that do not fit are errors', () => {
  const { SHIFT: _, ...missing } = spec;
  expect(() => assemble('double', source, missing)).toThrow(/expected a value for SHIFT/);
  expect(() => assemble('double', source, { ...spec, OTHER: 1 })).toThrow(/got also OTHER/);
  expect(() => assemble('double', source, { ...spec, WG_SIZE: 1.5 })).toThrow(
    /expected a u32 for WG_SIZE, got 1.5/,
  );
  expect(() => assemble('double', source, { ...spec, IS_ON: 1 })).toThrow(
    /expected a bool for IS_ON/,
  );
  expect(() => assemble('bad', '// @spec\nvar x = 1;\n// @end-spec', {})).toThrow(/cannot read/);
});

test('directives of file and parts come first, once each', () => {
  const part = 'enable f16;\ndiagnostic(off, subgroup_uniformity); // why\nfn half() {}';
  const file = '// a file\n  requires subgroup_id;\nenable f16;\n@diagnostic(off, x) fn main() {}';
  expect(assemble('order', file, {}, [part])).toBe(
    'enable f16;\ndiagnostic(off, subgroup_uniformity);\nrequires subgroup_id;\nfn half() {}\n// a file\n@diagnostic(off, x) fn main() {}',
  );
});
