// A kernel from definition to result: named bindings, packed params, spec overrides, one pipeline per spec.

import { disposeAll } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { prepareParams } from './contract/pack-params.ts';
import { defineKernel } from './define-kernel.ts';

const source = `// y = FACTOR * x + offset, for the first count elements
// @spec
const FACTOR: f32 = 2.0;
// @end-spec
struct Params { count: u32, first: i32, offset: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < params.count) { y[id.x] = FACTOR * x[id.x] + f32(params.first) + params.offset; }
}`;

interface AffineDims {
  readonly count: number;
  readonly first: number;
  readonly offset: number;
}

const affine = defineKernel({
  name: 'affine',
  source,
  bindings: ['x:read', 'y:write'],
  select: (_dims: AffineDims) => ({ FACTOR: 2 }),
  grid: (dims) => [Math.ceil(dims.count / 4), 1, 1],
});

describe('the contract between definition and WGSL', () => {
  const define = (overrides: object) => defineKernel({ ...affine, ...overrides });

  test('bindings have the names, order and access of the WGSL', () => {
    expect(() => define({ bindings: ['y:write', 'x:read'] })).toThrowErrorMatchingInlineSnapshot(
      `[KernelSpecError: affine: expected bindings like the WGSL (0 x read, 1 y read_write), got 0 y read_write, 1 x read. Write the same names in the same order.]`,
    );
    expect(() => define({ bindings: ['input:read', 'y:write'] })).toThrow(
      /0 x read, .* got 0 input/,
    );
    expect(() => define({ bindings: ['x:write', 'y:write'] })).toThrow(/got 0 x read_write/);
    expect(() => define({ bindings: ['x:read'] })).toThrow(/got 0 x read\./);
  });

  test('the uniform follows the tensors', () => {
    const noUniform = source.replace(/.*var<uniform>.*\n/, '');
    expect(() => define({ source: noUniform })).toThrow(
      /expected @binding\(2\) var<uniform> params: Params for a struct Params of 3 fields, got none/,
    );
    const early = source.replace('@binding(2) var<uniform>', '@binding(5) var<uniform>');
    expect(() => define({ source: early })).toThrow(/got @binding\(5\) var<uniform>/);
  });

  test('fields are single numbers', () => {
    const vector = source.replace('first: i32', 'first: vec2<i32>');
    expect(() => define({ source: vector })).toThrow(/got 'first: vec2<i32>'. Write vectors/);
  });

  test('comments in the WGSL do not count', () => {
    const commented = source.replace(
      'struct Params {',
      'struct Params { // old: u32,\n/* size: u32, */',
    );
    expect(() => define({ source: commented })).not.toThrow();
  });
});

describe('params', () => {
  const fields = [
    { name: 'seq_len', type: 'u32' },
    { name: 'first', type: 'i32' },
  ] as const;

  test('come from the definition or from the dim of the same name', () => {
    const pack = (derived: object, dims: object) => () =>
      prepareParams('affine', fields)({ ...derived }, { ...dims });
    expect(pack({ first: -1 }, { seqLen: 7 })()).toEqual(
      new Uint8Array(Int32Array.of(7, -1).buffer),
    );
    expect(pack({ first: 1 }, {})).toThrow(
      'affine: expected a u32 for param seq_len, got undefined. Return it from params, or give dims.seqLen.',
    );
    expect(pack({ first: 1, last: 2 }, { seqLen: 1 })).toThrow(
      'affine: expected params among seq_len, first as in struct Params, got also last.',
    );
    expect(pack({ first: 1 }, { seqLen: -1 })).toThrow('a u32 for param seq_len, got -1.');
    expect(pack({ first: 0.5 }, { seqLen: 1 })).toThrow('a i32 for param first, got 0.5.');
  });
});

/** y = Σ of 20 params (+ extra); `log` is written where it is given. */
const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
const many = defineKernel({
  name: 'many',
  source: `
// @spec
const HAS_EXTRA: bool = false;
const HAS_LOG: bool = false;
// @end-spec
struct Params { ${names.map((name) => `${name}: f32`).join()} }
@group(0) @binding(0) var<storage, read> extra: array<vec4f>;
@group(0) @binding(1) var<storage, read> other: array<f32>;
@group(0) @binding(2) var<storage, read_write> log: array<f32>;
@group(0) @binding(3) var<storage, read_write> trace: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;
@compute @workgroup_size(1) fn main() {
  y[0] = ${names.map((name) => `params.${name}`).join(' + ')};
  if (HAS_EXTRA) { y[0] += extra[0].w; }
  if (HAS_LOG) { log[0] = y[0]; }
  if (arrayLength(&other) == 3u) { trace[0] = other[0]; }
}`,
  bindings: ['extra:read?', 'other:read?', 'log:write?', 'trace:write?', 'y:write'],
  params: ({ first }: { first: number }) =>
    Object.fromEntries(names.map((name, index) => [name, first + index])),
  select: () => ({}),
  grid: () => [1, 1, 1],
});

gpuSuite('optional bindings and many params', (device) => {
  test('more than 16 params, launch by launch', async () => {
    const tensors = [1, 2, 3].map((first) => {
      const y = device().zeros([1]);
      many.run(device(), { dims: { first }, tensors: { y } });
      return y;
    });
    const results = await Promise.all(tensors.map(async (y) => (await y.data())[0]));
    expect(results).toEqual([210, 230, 250]);
    for (const y of tensors) y.dispose();
  });

  test('what is not given is not read and not written, and no tensor stands in for it', async () => {
    const y = device().zeros([1]);
    const log = device().zeros([1]);
    const extra = device().tensor([0, 0, 0, 100], [4]);
    const { liveTensors } = device().memory;
    many.run(device(), { dims: { first: 0 }, tensors: { y, extra, log } });
    expect(device().memory.liveTensors).toBe(liveTensors);
    expect([...(await y.data()), ...(await log.data())]).toEqual([290, 290]);
    many.run(device(), { dims: { first: 0 }, tensors: { y, extra: null } });
    expect([...(await y.data()), ...(await log.data())]).toEqual([190, 290]);
    for (const tensor of [y, log, extra]) tensor.dispose();
  });

  test('a required tensor that is missing is an error', () => {
    expect(() => many.run(device(), { dims: { first: 0 }, tensors: {} as never })).toThrow(
      'many: expected a tensor for binding y, got none.',
    );
  });

  test('presence is in the text and the label', () => {
    expect(many.wgsl({}, ['extra'])).toMatch(
      /HAS_EXTRA: bool = false;\nconst HAS_LOG: bool = true/,
    );
  });
});

gpuSuite('defineKernel', (device) => {
  test('runs with the selected spec and with an override', async () => {
    const [x, y, z] = [device().tensor([1, 2, 3], [3]), device().zeros([3]), device().zeros([3])];
    const call = { dims: { count: 3, first: -1, offset: 0.5 } };
    affine.run(device(), { ...call, tensors: { x, y } });
    affine.run(device(), { ...call, tensors: { x, y: z }, spec: { FACTOR: 10 } });
    expect([...(await y.data())]).toEqual([1.5, 3.5, 5.5]);
    expect([...(await z.data())]).toEqual([9.5, 19.5, 29.5]);
    disposeAll([x, y, z]);
  });

  test('a profile names kernel and spec', async () => {
    const [x, y] = [device().zeros([3]), device().zeros([3])];
    const call = {
      dims: { count: 3, first: 0, offset: 0 },
      tensors: { x, y },
    };
    const { kernels } = await device().profile(() => affine.run(device(), call));
    expect(kernels.map(({ label }) => label)).toEqual(['affine[FACTOR=2]']);
    x.dispose();
    y.dispose();
  });
});
