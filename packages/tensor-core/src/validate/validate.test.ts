// Debug mode on a real adapter: the first NaN or infinity in program order is named; without it nothing is recorded.

import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  checkOffsets,
  createDevice,
  type Device,
  defineOp,
  type ForwardContext,
  foldGrid,
  NonFiniteError,
  type Program,
  reshape,
  type Tensor,
  valueAndGrad,
} from '../index.ts';
import { gpuSuite } from '../testing/index.ts';
import { indexOf, nonFiniteMessage } from './non-finite-message.ts';

/** y = a · b, elementwise. */
const program: Program = {
  label: 'test-product',
  wgsl: `
    @group(0) @binding(0) var<storage, read> a: array<f32>;
    @group(0) @binding(1) var<storage, read> b: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x < arrayLength(&y)) { y[id.x] = a[id.x] * b[id.x]; }
    }`,
  access: ['read', 'read', 'write'],
  hasParams: false,
};

function multiply(a: Tensor, b: Tensor, label: string): Tensor {
  const y = a.device.empty(a.shape, { label });
  const workgroups = foldGrid(Math.ceil(y.size / 64));
  a.device.dispatch({ program, tensors: [a, b, y], workgroups });
  return y;
}

const product = defineOp({
  name: 'product',
  forward: ({ inputs: { a, b } }: ForwardContext<{ a: Tensor; b: Tensor }>) => ({
    output: multiply(a, b, 'y'),
    saved: { a, b },
  }),
  backward: ({ dOutput, saved: { a, b } }) => ({
    a: multiply(dOutput, b, 'da'),
    b: multiply(dOutput, a, 'db'),
  }),
});
const times = (a: Tensor, b: Tensor): Tensor => product({ a, b });

/** Its square is no f32. */
const BIG = 1e30;

gpuSuite('debug mode', () => {
  let device: Device;
  beforeAll(async () => {
    device = await createDevice({ debug: 'validate' });
  });
  afterAll(() => device.dispose());

  const problemOf = (body: () => unknown): Promise<string> => {
    device.scope(() => void body());
    return device.flush().then(
      () => 'none',
      (error: Error) => `${NonFiniteError.isInstance(error) ? '' : error.name}${error.message}`,
    );
  };
  const tensor = (values: number[], label: string, shape = [values.length]) =>
    device.tensor(values, shape, { label });

  test('an upload', async () => {
    const values = Array.from({ length: 128 }, () => 0);
    values[67] = Number.NaN;
    values[127] = -Infinity;
    expect(await problemOf(() => tensor(values, 'hidden', [2, 64]))).toBe(
      "upload: non-finite values in the data 'hidden' f32[2, 64]: 1 NaN and 1 infinite, first at [1, 3]. The host gave them: look at where the data comes from.",
    );
  });

  test('f16, where a number overflows; an odd size', async () => {
    const problem = await problemOf(() =>
      device.tensor([1, 65504, 1e6], [3], { dtype: 'f16', label: 'half' }),
    );
    expect(problem).toMatch("the data 'half' f16[3]: 1 infinite, first at [2]");
    expect(await problemOf(() => device.tensor([1, 65504, -2], [3], { dtype: 'f16' }))).toBe(
      'none',
    );
  });

  test('integers are passed over, whatever their bits say', async () => {
    const bits = Int32Array.of(0x7fc00000, -1);
    expect(await problemOf(() => device.tensor(bits, [1, 2]))).toBe('none');
    expect(await problemOf(() => device.tensor(Uint32Array.of(0x7f800000), [1]))).toBe('none');
  });

  test('offsets that fall, in any row', async () => {
    const offsets = (values: number[], shape: number[]) => () =>
      checkOffsets('op', device.tensor(Int32Array.from(values), shape, { label: 'offsets' }));
    expect(await problemOf(offsets([0, 3, 3, 9], [4]))).toBe('none');
    expect(await problemOf(offsets([0, 3, 9, 0, 0, 2], [2, 3]))).toBe('none');
    expect(await problemOf(offsets([0, 3, 9, 5, 4, 2], [2, 3]))).toBe(
      "ArgumentErrorop: expected offsets that do not fall, got 2 smaller than the one before in 'offsets' i32[2, 3], first at [1, 1]. Give where each document begins, in order, and where the last one ends.",
    );
    const long = Array.from({ length: 1000 }, (_, i) => (i === 700 ? 3 : i));
    expect(await problemOf(offsets(long, [1000]))).toMatch(/got 1 smaller .*, first at \[700\]/);
  });

  test('an output that the op made', async () => {
    const problem = await problemOf(() => {
      const y = times(tensor([1, BIG, 2], 'a'), tensor([1, BIG, 2], 'b'));
      return times(y, y);
    });
    expect(problem).toBe(
      "product: non-finite values in its output 'y' f32[3]: 1 infinite, first at [1]. Its inputs are finite: the op made them.",
    );
  });

  test('an input that a kernel outside the ops made', async () => {
    const problem = await problemOf(() => {
      const weight = multiply(tensor([BIG], 'a'), tensor([BIG], 'b'), 'weight');
      return times(tensor([2], 'x'), weight);
    });
    expect(problem).toMatch(
      "product: non-finite values in its input 'weight' f32[1] (2 of 2): 1 infinite, first at [0]. The op was given them: a kernel outside the ops",
    );
  });

  test('a gradient that the op made', async () => {
    const problem = await problemOf(() => {
      const loss = valueAndGrad(device, (p) => ({
        loss: times(times(p.a!, p.b!), reshape(p.c!, [1])),
      }));
      return loss({ a: tensor([BIG], 'a'), b: tensor([0], 'b'), c: tensor([BIG], 'c') });
    });
    expect(problem).toMatch(
      "product backward: non-finite values in the gradient of its input 'db' f32[1] (2 of 2): 1 infinite",
    );
  });

  test('a sum of gradients that overflowed', async () => {
    const problem = await problemOf(() => {
      const loss = valueAndGrad(device, (p) => {
        const x = times(p.a!, p.one!);
        return { loss: times(times(x, p.big!), times(x, p.big!)) };
      });
      // x = 1e-35 has the gradient x · big² = 2e38 from each of its two uses; their sum is no f32.
      return loss({
        a: tensor([1e-35], 'a'),
        one: tensor([1], 'one'),
        big: tensor([4.5e36], 'big'),
      });
    });
    expect(problem).toMatch(/^product backward: non-finite values in the gradient of its output/);
  });

  test('the device goes on, and the next step is judged by itself', async () => {
    const x = tensor([Number.NaN], 'x');
    await expect(x.data()).rejects.toThrow("upload: non-finite values in the data 'x'");
    expect(await x.data()).toEqual(Float32Array.of(Number.NaN));
    x.dispose();
  });

  test('more checks than one buffer of findings holds', async () => {
    const count = 1500;
    const problem = await problemOf(() => {
      for (let i = 0; i < count; i++) tensor([i === count - 7 ? NaN : 1], `t${i}`);
    });
    expect(problem).toMatch("the data 't1493' f32[1]: 1 NaN, first at [0]");
  });

  test('elements beyond the first workgroup, counted', async () => {
    const values = Array.from({ length: 5000 }, (_, i) => (i % 1000 === 999 ? NaN : i));
    expect(await problemOf(() => tensor(values, 'long', [50, 100]))).toMatch(
      '5 NaN, first at [9, 99]',
    );
  });

  test('frees what it held', async () => {
    const before = device.memory;
    expect(await problemOf(() => times(tensor([1], 'a'), tensor([2], 'b')))).toBe('none');
    expect(device.memory.inUseBytes).toBe(before.inUseBytes);
    expect(device.memory.liveTensors).toBe(before.liveTensors);
  });
});

gpuSuite('debug mode off', () => {
  afterEach(() => vi.unstubAllEnvs());

  const dispatches = async (options?: Parameters<typeof createDevice>[0]) => {
    const device = await createDevice(options);
    const [a, b] = [device.tensor([NaN], [1]), device.tensor([2], [1])];
    const step = valueAndGrad(device, (p) => ({ loss: times(p.a!, p.b!) }));
    device.scope(() => void step({ a, b }));
    const outcome = await device.flush().then(
      () => 'passed',
      () => 'refused',
    );
    const { dispatchCount } = device;
    device.dispose();
    return [dispatchCount, outcome];
  };

  test('records no launch of its own, and is the default', async () => {
    // Forward, and one product for each gradient.
    expect(await dispatches()).toEqual([3, 'passed']);
    vi.stubEnv('FOX_DEBUG', '1');
    expect(await dispatches()).toEqual([3, 'passed']);
    vi.stubEnv('FOX_DEBUG', 'validate');
    expect(await dispatches({ debug: 'off' })).toEqual([3, 'passed']);
    // And a check of 3 uploads, 2 inputs, 1 output, 1 gradient given and 2 made.
    expect(await dispatches()).toEqual([12, 'refused']);
  });
});

test('indices and words', () => {
  expect(indexOf(0, [2, 3, 4])).toEqual([0, 0, 0]);
  expect(indexOf(23, [2, 3, 4])).toEqual([1, 2, 3]);
  const checked = { op: 'add', label: 'x', dtype: 'f16', shape: [4], index: 0, count: 1 } as const;
  const found = { nans: 0, infinities: 2, firstIndex: 3 };
  expect(nonFiniteMessage({ ...checked, role: 'output gradient' }, found)).toMatchInlineSnapshot(
    `"add backward: non-finite values in the gradient of its output 'x' f16[4]: 2 infinite, first at [3]. The op was given them: a sum of gradients overflowed, or a kernel outside the ops made them."`,
  );
  expect(nonFiniteMessage({ ...checked, role: 'input' }, found)).toMatchInlineSnapshot(
    `"add: non-finite values in its input 'x' f16[4]: 2 infinite, first at [3]. The op was given them: a kernel outside the ops made them, such as an optimizer step."`,
  );
});
