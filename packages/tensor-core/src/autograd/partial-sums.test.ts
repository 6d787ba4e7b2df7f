// Gradients left as partial sums: added up once each, wherever they go and however often a parameter is used.

import { expect, test } from 'vitest';
import { type Device, defineOp, type ForwardContext, type Tensor, vjp } from '../index.ts';
import { add } from '../testing/add-op.ts';
import { gpuSuite, underTwoFills } from '../testing/index.ts';

interface Shape {
  readonly parts: number;
  /** Neighbouring stretches of a that are added up. */
  readonly repeats: number;
  /** Of a and of b. */
  readonly sizes: readonly [number, number];
}

const widthOf = ({ repeats, sizes: [a, b] }: Shape) => repeats * a + b + 3;

/** The share of a column in a part. */
const shareOf = (part: number, column: number) => ((part * 7 + column * 3) % 11) - 5;

/** a + a; its backward gives a and b the shares above. */
const partialOp = defineOp({
  name: 'test-partial',
  forward({ device, inputs: { a } }: ForwardContext<{ a: Tensor; b: Tensor }, Shape>) {
    const output = device.empty(a.shape);
    device.fillZero(output);
    return { output };
  },
  backward({ device, attrs, makePartialSums }) {
    const { parts, repeats, sizes } = attrs;
    const width = widthOf(attrs);
    const sums = makePartialSums(
      [
        { input: 'a', first: 0, repeats },
        { input: 'b', first: repeats * sizes[0] },
      ],
      { parts, width },
    );
    const shares = Float32Array.from({ length: parts * width }, (_, i) =>
      shareOf(Math.floor(i / width), i % width),
    );
    device.copy(device.tensor(shares, [parts, width]), sums);
    return { a: sums, b: sums };
  },
});

function expectedSums({ parts, repeats, sizes }: Shape) {
  const sum = (size: number, first: number, times: number) =>
    Float32Array.from({ length: size }, (_, column) => {
      let total = 0;
      for (let part = 0; part < parts; part++)
        for (let i = 0; i < times; i++) total += shareOf(part, first + i * size + column);
      return total;
    });
  return { a: sum(sizes[0], 0, repeats), b: sum(sizes[1], repeats * sizes[0], 1) };
}

const shapes: readonly Shape[] = [
  { parts: 1, repeats: 1, sizes: [1, 1] },
  { parts: 7, repeats: 3, sizes: [33, 5] },
  { parts: 100, repeats: 2, sizes: [64, 70] },
];

/** Gradients of both parameters, each used `times` times. */
async function run(device: Device, shape: Shape, times: number, into: boolean) {
  return underTwoFills(device, async () => {
    const named: Record<string, Tensor> = device.scope(() => {
      const [a, b] = shape.sizes.map((size) => device.zeros([size])) as [Tensor, Tensor];
      const arena = device.zeros([4096]);
      const targets = {
        a: device.slice(arena, 1024, a.shape),
        b: device.slice(arena, 0, b.shape),
      };
      const body = (params: { a: Tensor; b: Tensor }) => {
        let y = partialOp(params, shape);
        for (let use = 1; use < times; use++) y = add(y, partialOp(params, shape));
        return y;
      };
      using pass = vjp(device, body, { a, b }, into ? { into: targets } : {});
      return pass.pullback(device.zeros(a.shape));
    });
    const [a, b] = await device.read([named.a as Tensor, named.b as Tensor]);
    for (const tensor of Object.values(named)) tensor.dispose();
    return { a: a as Float32Array, b: b as Float32Array };
  });
}

gpuSuite(
  'partial sums of gradients',
  (device) => {
    test.each(shapes.flatMap((shape) => [true, false].map((into) => ({ ...shape, into }))))(
      '$parts parts of $sizes, $repeats at a time, into given tensors: $into',
      async ({ into, ...shape }) => {
        const { a, b } = expectedSums(shape);
        expect(await run(device(), shape, 1, into)).toEqual({ a, b });
        const three = (values: Float32Array) => values.map((value) => 3 * value);
        expect(await run(device(), shape, 3, into)).toEqual({ a: three(a), b: three(b) });
      },
    );

    test('those of many ops take one launch', () => {
      device().scope(() => {
        const shape = shapes[1] as Shape;
        const params = Object.fromEntries(
          Array.from({ length: 40 }, (_, i) => [
            `p${i}`,
            device().zeros([shape.sizes[i % 2] as number]),
          ]),
        );
        const arena = device().zeros([40 * 64]);
        const targets = Object.fromEntries(
          Object.entries(params).map(([name, { shape: own }], i) => [
            name,
            device().slice(arena, 64 * i, own),
          ]),
        );
        using pass = vjp(
          device(),
          (given: Record<string, Tensor>) =>
            Array.from({ length: 20 }, (_, i) =>
              partialOp(
                { a: given[`p${2 * i}`] as Tensor, b: given[`p${2 * i + 1}`] as Tensor },
                shape,
              ),
            ).reduce((sum, y) => add(sum, y)),
          params,
          { into: targets },
        );
        const before = device().dispatchCount;
        pass.pullback(device().zeros([shape.sizes[0]]));
        expect(device().dispatchCount - before).toBe(1);
      });
    });
  },
  ['tiled', 'scalar'],
);
