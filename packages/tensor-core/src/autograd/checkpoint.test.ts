// A checkpoint changes what is kept and what runs twice; no bit of a gradient, and nothing stays behind.

import { expect, test } from 'vitest';
import { accumulateInto } from '../accumulate.ts';
import {
  checkpoint,
  defineOp,
  type ForwardContext,
  NoGradientError,
  reshape,
  stopGradient,
  type Tensor,
  UnsupportedError,
  vjp,
} from '../index.ts';
import { gpuSuite, randomArray } from '../testing/index.ts';

/** How often each op's forward ran. */
const runs: Record<string, number> = {};
const countRun = (name: string) => {
  runs[name] = (runs[name] ?? 0) + 1;
};

const plainSum = (a: Tensor, b: Tensor): Tensor => {
  const y = a.device.zeros(a.shape, { label: 'sum' });
  accumulateInto(y, a);
  accumulateInto(y, b);
  return y;
};

/** a + a and a + b; saves an input, an output and a tensor of its own; ids are integers that it passes over. */
const sumsOp = defineOp({
  name: 'sums',
  constants: ['ids'],
  forward({ device, inputs: { a, b, ids } }: ForwardContext<SumInputs>) {
    countRun('sums');
    const twice = plainSum(a, a);
    return {
      output: { twice, both: plainSum(a, b) },
      saved: { a, twice, own: device.zeros([1]), ids },
    };
  },
  backward({ device, dOutput: { twice, both }, saved }) {
    expect([saved.a, saved.twice, saved.own].every(({ isDisposed }) => !isDisposed)).toBe(true);
    const zeros = device.zeros(saved.a.shape);
    // Of a: weighted by what was saved, so that a wrong tensor shows.
    return {
      a: [both, twice, twice, saved.a, saved.twice].reduce<Tensor>(
        (sum, part) => (part ? plainSum(sum, part) : sum),
        zeros,
      ),
      b: both ?? zeros,
    };
  },
});
interface SumInputs {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly ids?: Tensor | undefined;
}

/** x + w, whose gradients go where the caller wants them, added where others are. */
const biasOp = defineOp({
  name: 'bias',
  forward({ inputs: { x, w } }: ForwardContext<{ x: Tensor; w: Tensor }>) {
    countRun('bias');
    return { output: plainSum(x, w), saved: { x, w } };
  },
  backward({ device, dOutput, saved, openGradient }) {
    const [x, w] = (['x', 'w'] as const).map((name) => {
      const { tensor, accumulate } = openGradient(name);
      const gradient = plainSum(dOutput, saved[name]);
      if (accumulate) accumulateInto(tensor, gradient);
      else device.copy(gradient, tensor);
      return tensor;
    });
    return { x: x as Tensor, w: w as Tensor };
  },
});
const bias = (x: Tensor, w: Tensor) => biasOp({ x, w });

gpuSuite('checkpoint', (device) => {
  const SIZE = 111;
  type Params = Record<'x' | 'w' | 'tied', Tensor>;
  type Wrap = <R>(body: () => R) => R;
  const plain: Wrap = (body) => body();
  const wraps: Record<string, Wrap> = {
    'nothing kept': (body) => checkpoint(device(), body),
    'products kept': (body) => checkpoint(device(), body, { keep: ['bias'] }),
    'all kept': (body) => checkpoint(device(), body, { keep: ['bias', 'sums', 'reshape'] }),
  };

  /** Output and gradients of a function, their bits; everything is freed. */
  const gradientsOf = async (
    body: (params: Params, wrap: Wrap) => Tensor,
    { wrap, into: asks }: { wrap: Wrap; into: boolean },
  ) => {
    const before = device().memory.liveTensors;
    const make = (seed: number) => device().tensor(randomArray(seed, SIZE), [SIZE]);
    const params = { x: make(1), w: make(2), tied: make(3) };
    const slab = device().zeros([3 * 128]);
    const at = (offset: number) => device().slice(slab, offset, [SIZE]);
    const into = asks ? { x: at(0), w: at(128), tied: at(256) } : undefined;
    using run = vjp(device(), (p) => body(p, wrap), params, { into });
    using dy = make(4);
    const gradients = run.pullback(dy);
    const bits = await device().read([run.output, ...Object.values(gradients)]);
    for (const tensor of [run.output, slab, ...Object.values({ ...into })]) tensor.dispose();
    for (const tensor of [...Object.values(params), ...Object.values(gradients)]) tensor.dispose();
    dy.dispose();
    expect(device().memory.liveTensors).toBe(before);
    return bits.map((values) => [...values]);
  };

  const bodies: Record<string, (params: Params, wrap: Wrap) => Tensor> = {
    'a parameter inside and outside': ({ x, w, tied }, wrap) =>
      bias(
        wrap(() => bias(bias(bias(x, tied), w), tied)),
        tied,
      ),
    'several results, one unused': ({ x, w }, wrap) => {
      const { first, second } = wrap(() => {
        const { twice, both } = sumsOp({ a: bias(x, w), b: x });
        return { first: bias(twice, w), second: both, unused: bias(both, w) };
      });
      return bias(first, second);
    },
    'integers and constants': ({ x, w }, wrap) => {
      const ids = device().tensor(Int32Array.of(1, 2), [2]);
      const constant = device().tensor(randomArray(9, SIZE), [SIZE]);
      return wrap(() => sumsOp({ a: bias(x, constant), b: bias(w, constant), ids }).both);
    },
    'a stopped gradient': ({ x, w }, wrap) =>
      wrap(() => {
        const y = bias(x, w);
        return bias(bias(y, stopGradient(y)), plainSum(stopGradient(y), stopGradient(w)));
      }),
    'scopes and checkpoints within': ({ x, w }, wrap) =>
      wrap(() => {
        const y = device().scope(() => bias(bias(x, w), w));
        return wrap(() => sumsOp({ a: y, b: bias(y, x) }).both);
      }),
    'one after the other, with views': ({ x, w, tied }, wrap) => {
      const y = wrap(() => reshape(bias(reshape(x, [1, SIZE]), reshape(w, [1, SIZE])), [SIZE]));
      return wrap(() => sumsOp({ a: bias(y, tied), b: y }).both);
    },
    'its input alone': ({ x, w }, wrap) =>
      bias(
        wrap(() => x),
        w,
      ),
  };

  test.each(
    Object.keys(bodies).flatMap((name) =>
      Object.keys(wraps).flatMap((wrap) => [true, false].map((into) => ({ name, wrap, into }))),
    ),
  )('$name, $wrap, into: $into: the same bits', async ({ name, wrap, into }) => {
    const body = bodies[name] as (typeof bodies)[string];
    const expected = await gradientsOf((params) => device().scope(() => body(params, plain)), {
      wrap: plain,
      into,
    });
    const actual = await gradientsOf((params, w) => device().scope(() => body(params, w)), {
      wrap: wraps[wrap] as Wrap,
      into,
    });
    expect(actual).toEqual(expected);
  });

  test('runs again what backward reads, once, and holds only what comes from outside', async () => {
    using x = device().tensor(randomArray(1, SIZE), [SIZE]);
    using w = device().tensor(randomArray(2, SIZE), [SIZE]);
    const chain = (y: Tensor) => bias(sumsOp({ a: bias(bias(y, w), w), b: w }).both, w);
    const measure = (wrap: Wrap) => {
      const before = device().memory.inUseBytes;
      for (const name of Object.keys(runs)) runs[name] = 0;
      return device().scope(() => {
        const run = vjp(device(), (p) => wrap(() => chain(p.x)), { x });
        const held = device().memory.inUseBytes - before;
        run.pullback(device().zeros([SIZE]));
        return { held, ...runs };
      });
    };
    const kept = measure(plain);
    const nothing = measure(wraps['nothing kept'] as Wrap);
    const products = measure(wraps['products kept'] as Wrap);
    expect(kept).toMatchObject({ bias: 3, sums: 1 });
    // The last product is nobody's input.
    expect(nothing).toMatchObject({ bias: 5, sums: 2 });
    expect(products).toMatchObject({ bias: 3, sums: 2 });
    // The output alone.
    const tensor = nothing.held;
    // And what the first two products made; the third's is the output.
    expect(products.held).toBe(3 * tensor);
    expect(kept.held).toBeGreaterThan(4 * tensor);
  });

  test('a body that throws, or that nobody pulls back, leaves nothing', () => {
    const before = device().memory.liveTensors;
    using x = device().tensor([1], [1]);
    const wrong = () => {
      bias(x, x);
      throw new Error('out of foxes');
    };
    expect(() => vjp(device(), () => checkpoint(device(), wrong), { x })).toThrow('out of foxes');
    expect(device().memory.liveTensors).toBe(before + 1);
    device().scope(() => {
      vjp(device(), () => checkpoint(device(), () => bias(bias(x, x), x)), { x }).dispose();
    });
    expect(device().memory.liveTensors).toBe(before + 1);
    device().scope(() => {
      // Caught, the step goes on: what the body recorded has no part in it.
      const run = vjp(
        device(),
        (p) => {
          expect(() => checkpoint(device(), wrong)).toThrow('out of foxes');
          return bias(p.x, p.x);
        },
        { x },
      );
      run.pullback(device().tensor([1], [1]));
    });
    expect(device().memory.liveTensors).toBe(before + 1);
  });

  test('its rules are those of the function around: no gradient is zero by accident, none is nested', () => {
    using x = device().tensor([1], [1]);
    const inside = (body: (x: Tensor) => Tensor) => () =>
      device().scope(() =>
        vjp(device(), (p) => checkpoint(device(), () => body(p.x)), { x }).dispose(),
      );
    expect(inside((y) => plainSum(y, y))).toThrow(NoGradientError);
    expect(inside((y) => sumsOp({ a: y, b: y, ids: y }).both)).toThrow(NoGradientError);
    expect(inside((y) => vjp(device(), (p) => bias(p.y, p.y), { y }).output)).toThrow(
      UnsupportedError,
    );
  });

  test('without a gradient it is a scope', async () => {
    using x = device().tensor([1, 2], [2]);
    const before = device().memory.liveTensors;
    using y = checkpoint(device(), () => bias(bias(x, x), x));
    expect([...(await y.data())]).toEqual([3, 6]);
    expect(device().memory.liveTensors).toBe(before + 1);
  });
});
