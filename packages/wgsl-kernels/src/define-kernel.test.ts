// A kernel from definition to result: named bindings, packed params, spec overrides, one pipeline per spec.

import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
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

const affine = defineKernel({
  name: 'affine',
  source,
  bindings: ['x:read', 'y:write'],
  params: ['count:u32', 'first:i32', 'offset:f32'],
  select: () => ({ FACTOR: 2 }),
  grid: (dims: { count: number }) => [Math.ceil(dims.count / 4), 1, 1],
});

gpuSuite('defineKernel', (device) => {
  test('runs with the selected spec and with an override', async () => {
    const [x, y, z] = [device().tensor([1, 2, 3], [3]), device().zeros([3]), device().zeros([3])];
    const call = { dims: { count: 3 }, params: { count: 3, first: -1, offset: 0.5 } };
    affine.run(device(), { ...call, tensors: { x, y } });
    affine.run(device(), { ...call, tensors: { x, y: z }, spec: { FACTOR: 10 } });
    expect([...(await y.data())]).toEqual([1.5, 3.5, 5.5]);
    expect([...(await z.data())]).toEqual([9.5, 19.5, 29.5]);
    for (const tensor of [x, y, z]) tensor.dispose();
  });

  test('a profile names kernel and spec', async () => {
    const [x, y] = [device().zeros([3]), device().zeros([3])];
    const call = {
      dims: { count: 3 },
      params: { count: 3, first: 0, offset: 0 },
      tensors: { x, y },
    };
    const { kernels } = await device().profile(() => affine.run(device(), call));
    expect(kernels.map(({ label }) => label)).toEqual(['affine[FACTOR=2]']);
    x.dispose();
    y.dispose();
  });
});
