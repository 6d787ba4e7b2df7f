// What gradients guarantee beyond their values: named inputs and outputs, pullbacks, and no silent zero.

import { expect, test } from 'vitest';
import { accumulateInto } from '../accumulate.ts';
import {
  type Device,
  defineOp,
  type ForwardContext,
  NoGradientError,
  reshape,
  stopGradient,
  type Tensor,
  valueAndGrad,
  vjp,
} from '../index.ts';
import { gpuSuite } from '../testing/index.ts';

/** A sum without a gradient, as a statistic would compute it. */
function plainSum(a: Tensor, b: Tensor): Tensor {
  const y = a.device.zeros(a.shape, { label: 'plain sum' });
  accumulateInto(y, a);
  accumulateInto(y, b);
  return y;
}

interface SumInputs {
  readonly a: Tensor;
  readonly b?: Tensor | undefined;
  readonly mask?: Tensor | undefined;
}

/** a + b and a + a, where b may be missing and the mask is not read. */
const sumsOp = defineOp({
  name: 'sums',
  constants: ['mask'],
  forward: ({ inputs: { a, b, mask } }: ForwardContext<SumInputs>) => ({
    output: { mixed: plainSum(a, b ?? a), twice: plainSum(a, a) },
    saved: { b, mask },
  }),
  backward({ dOutput: { mixed, twice }, saved, needs }) {
    const parts = [mixed, ...(saved.b ? [] : [mixed]), twice, twice].filter(
      (part) => part !== null,
    );
    const a = parts.reduce((sum, part) => plainSum(sum, part), plainZeros(parts[0] as Tensor));
    return { a, b: needs.b ? (mixed ?? plainZeros(a)) : null };
  },
});

/** x, whose gradient is added where others are, in one launch. */
const addingOp = defineOp({
  name: 'adding',
  forward: ({ inputs: { x } }: ForwardContext<{ x: Tensor }>) => ({
    output: plainSum(x, plainZeros(x)),
  }),
  backward({ device, dOutput, openGradient }) {
    const { tensor, accumulate } = openGradient('x');
    if (accumulate) accumulateInto(tensor, dOutput);
    else device.copy(dOutput, tensor);
    return { x: tensor };
  },
});

/** x, whose gradient is written where it is wanted. */
const directOp = defineOp({
  name: 'direct',
  forward: ({ inputs: { x } }: ForwardContext<{ x: Tensor }>) => ({
    output: plainSum(x, plainZeros(x)),
  }),
  backward({ device, dOutput, makeGradient }) {
    const dx = makeGradient('x');
    device.copy(dOutput, dx);
    return { x: dx };
  },
});
const plainZeros = ({ device, shape }: Tensor): Tensor => device.zeros(shape);

const values = async (tensor: Tensor): Promise<number[]> => [...(await tensor.data())];

gpuSuite('vjp', (device) => {
  const vector = (...data: number[]) => device().tensor(data, [data.length]);

  test('pulls a given gradient back; optional inputs may be missing', async () => {
    using x = vector(1, 2);
    using run = vjp(device(), ({ x }) => sumsOp({ a: x }).mixed, { x });
    using dy = vector(10, 100);
    using dx = run.pullback(dy).x;
    expect(await values(run.output)).toEqual([2, 4]);
    expect(await values(dx)).toEqual([20, 200]);
    run.output.dispose();
  });

  test('gradients go where the caller wants them: written, copied, added, or zero', async () => {
    const params = { a: vector(1, 2), b: vector(3, 4), unused: vector(5) };
    const slab = device().tensor(new Float32Array(192).fill(-1), [192]);
    const into = {
      a: device().slice(slab, 0, [2]),
      b: device().slice(slab, 64, [2]),
      unused: device().slice(slab, 128, [1]),
    };
    const body = ({ a, b }: typeof params) => sumsOp({ a, b: directOp({ x: b }) }).mixed;
    using run = vjp(device(), body, params, { into });
    using dy = vector(10, 100);
    const { a, b, unused } = run.pullback(dy);
    const all = await slab.data();
    expect([...all.slice(0, 3)]).toEqual([10, 100, -1]);
    expect([...all.slice(64, 67)]).toEqual([10, 100, -1]);
    expect([...all.slice(128, 130)]).toEqual([0, -1]);
    expect(await values(b)).toEqual([10, 100]);
    for (const tensor of [a, b, unused, slab, ...Object.values(into), ...Object.values(params)])
      tensor.dispose();
    run.output.dispose();
  });

  test('a tensor used twice adds its gradients in place', async () => {
    const params = { x: vector(1, 2) };
    const into = { x: device().zeros([2]) };
    using run = vjp(
      device(),
      ({ x }) => sumsOp({ a: directOp({ x }), b: directOp({ x }) }).mixed,
      params,
      { into },
    );
    using dy = vector(1, 10);
    run.pullback(dy).x.dispose();
    expect(await values(into.x)).toEqual([2, 20]);
    into.x.dispose();
    params.x.dispose();
    run.output.dispose();
  });

  test('an op may add its gradient to those of others, unless somebody else reads them', async () => {
    const params = { x: vector(1, 2) };
    // The last op's gradients of a and b are one tensor: the ops before it must not add to it.
    const body = ({ x }: typeof params) => {
      const both = sumsOp({ a: addingOp({ x }), b: addingOp({ x }) }).mixed;
      return sumsOp({ a: both, b: addingOp({ x: both }) }).mixed;
    };
    for (const into of [undefined, { x: device().zeros([2]) }]) {
      using run = vjp(device(), body, params, { into });
      using dy = vector(1, 10);
      using dx = run.pullback(dy).x;
      expect(await values(dx)).toEqual([4, 40]);
      if (into) expect(await values(into.x)).toEqual([4, 40]);
      into?.x.dispose();
      run.output.dispose();
    }
    params.x.dispose();
  });

  test('places for gradients are checked: missing, of another shape', () => {
    const params = { x: vector(1, 2) };
    const wrong = (into: unknown) => () =>
      vjp(device(), ({ x }) => directOp({ x }), params, { into: into as typeof params });
    expect(wrong({})).toThrow('for the gradient of x in into, got none');
    using small = vector(1);
    expect(wrong({ x: small })).toThrow('expected a tensor f32[2]');
    params.x.dispose();
  });

  test('takes gradients of several outputs by name', async () => {
    const params = { a: vector(1, 2), b: vector(3, 4) };
    const dMixed = vector(1, 1);
    const dTwice = vector(5, 7);
    const run = vjp(device(), ({ a, b }) => sumsOp({ a, b }), params);
    const { a, b } = run.pullback({ mixed: dMixed, twice: dTwice });
    expect(await values(a)).toEqual([11, 15]);
    expect(await values(b)).toEqual([1, 1]);
    const tensors = [params.a, params.b, dMixed, dTwice, run.output.mixed, run.output.twice, a, b];
    for (const tensor of tensors) tensor.dispose();
  });

  test('frees what it saved, by its pullback or without', () => {
    const before = device().memory.liveTensors;
    using x = vector(1);
    for (const pullBack of [true, false]) {
      device().scope(() => {
        using run = vjp(device(), ({ x }) => sumsOp({ a: x, mask: vector(1) }).mixed, { x });
        if (pullBack) run.pullback(vector(1));
      });
      expect(device().memory.liveTensors).toBe(before + 1);
    }
  });

  test('says what is wrong with the gradient that it is given', () => {
    device().scope(() => {
      const run = vjp(device(), ({ x }) => sumsOp({ a: x }).mixed, { x: vector(1, 2) });
      expect(() => run.pullback(vector(1))).toThrow(/'plain sum' f32\[2\] in its shape, got \[1\]/);
      const integers = device().tensor(Int32Array.of(1, 2), [2]);
      expect(() => run.pullback(integers)).toThrow(/expected the gradient of 'plain sum'.*got i32/);
      run.pullback(vector(1, 2));
      expect(() => run.pullback(vector(1, 2))).toThrow('expected one call, got another');
      const asks = () => vjp(device(), () => null, { integers });
      expect(asks).toThrow('expected parameter integers f32 or f16, got i32[2]');
    });
  });

  test('a seed scales the gradients of a loss, not the loss', async () => {
    using x = vector(3);
    const step = valueAndGrad(device(), ({ x }) => ({ loss: sumsOp({ a: x! }).mixed }), {
      seed: 8,
    });
    const { loss, grads } = step({ x });
    expect([await values(loss), await values(grads.x!)]).toEqual([[6], [16]]);
    for (const tensor of [loss, grads.x]) tensor?.dispose();
  });
});

gpuSuite('no gradient is zero without a word', (device) => {
  /** The error of a loss function of `x` [1]. */
  function errorOf(body: (x: Tensor, device: Device) => Tensor): Error | null {
    try {
      device().scope(() => {
        const x = device().tensor([1], [1], { label: 'x' });
        valueAndGrad(device(), (p) => ({ loss: body(p.x!, device()) }))({ x });
      });
    } catch (error) {
      expect(NoGradientError.isInstance(error)).toBe(true);
      return error as Error;
    }
    return null;
  }
  const sum = (a: Tensor) => sumsOp({ a }).mixed;

  test.each<[string, (x: Tensor, device: Device) => unknown]>([
    ['accumulate', (x, device) => plainSum(device.zeros([1]), x)],
    ['device.view', (x, device) => device.view(x, [1, 1])],
    ['device.copy', (x, device) => device.copy(x, device.empty([1]))],
    ['device.write', (x, device) => device.write(x, Float32Array.of(1))],
    ['device.fillZero', (x, device) => device.fillZero(x)],
  ])('%s names itself, the tensor and the remedy', (name, body) => {
    const beforeStep = device().memory.liveTensors;
    const message = errorOf((x, device) => {
      body(x, device);
      return sum(x);
    })?.message;
    expect(message).toBe(
      `${name}: has no gradient, but 'x' [1] depends on what is differentiated. Pass stopGradient(tensor) to treat it as a constant, or use an op with a gradient (defineOp).`,
    );
    expect(device().memory.liveTensors).toBe(beforeStep);
  });

  test('an output of an op is watched, too', () => {
    expect(errorOf((x, device) => device.view(sum(x), [1, 1]))?.message).toMatch(
      "device.view: has no gradient, but 'plain sum' [1]",
    );
  });

  test('an input that has no gradient', () => {
    expect(errorOf((x) => sumsOp({ a: x, mask: x }).mixed)?.message).toBe(
      "sums: has no gradient for its input mask, but 'x' depends on what is differentiated. Pass stopGradient(mask) to treat it as a constant.",
    );
    expect(errorOf((x) => sumsOp({ a: x, mask: stopGradient(x) }).mixed)).toBeNull();
  });

  test('a loss that depends on no parameter', () => {
    expect(errorOf((_, device) => device.zeros([1], { label: 'loss' }))?.message).toMatch(
      "gradient of 'loss' f32[1]: expected it to depend on a parameter",
    );
    expect(errorOf((x) => sum(stopGradient(x)))?.message).toMatch('Look for stopGradient');
  });

  test('a stopped gradient is a constant: the same values, no part in the gradient', async () => {
    using x = device().tensor([3], [1]);
    const step = valueAndGrad(device(), (p) => {
      const statistic = plainSum(stopGradient(p.x!), stopGradient(p.x!));
      return { loss: sumsOp({ a: p.x!, b: statistic }).mixed };
    });
    const { loss, grads } = step({ x });
    expect([await values(loss), await values(grads.x!)]).toEqual([[9], [1]]);
    for (const tensor of [loss, grads.x]) tensor?.dispose();
  });

  test('a gradient inside another, and a tensor among attributes', () => {
    const inner = (x: Tensor) => valueAndGrad(device(), (p) => ({ loss: sum(p.x!) }))({ x }).loss;
    expect(() =>
      device().scope(() => {
        valueAndGrad(device(), (p) => ({ loss: inner(p.x!) }))({ x: device().zeros([1]) });
      }),
    ).toThrow('There are first derivatives only');
    const careless = defineOp({
      name: 'careless',
      forward: ({ inputs: { x }, attrs }: ForwardContext<{ x: Tensor }, { scale: unknown }>) => ({
        output: reshape(x, attrs.scale ? x.shape : [1]),
      }),
      backward: ({ dOutput }) => ({ x: dOutput }),
    });
    using x = device().tensor([1], [1], { label: 'x' });
    expect(() => careless({ x }, { scale: x })).toThrow(
      "careless: expected attributes without tensors, got 'x'.",
    );
    const typed = defineOp({
      name: 'typed',
      forward: ({ inputs: { x } }: ForwardContext<{ x: Tensor }, { scale: Tensor }>) => ({
        output: reshape(x, [1]),
      }),
      backward: ({ dOutput }) => ({ x: dOutput }),
    });
    // @ts-expect-error: nor does it compile where its type is known.
    expect(() => typed({ x }, { scale: x })).toThrow('expected attributes without tensors');
  });
});

gpuSuite('device.keep', (device) => {
  test('lets a tensor outlive every scope that is open', async () => {
    let kept: Tensor | null = null;
    device().scope(() => {
      const early = device().tensor([1, 2], [2]);
      device().scope(() => {
        kept = device().keep(early);
      });
    });
    expect(await values(kept!)).toEqual([1, 2]);
    (kept! as Tensor).dispose();
  });
});
