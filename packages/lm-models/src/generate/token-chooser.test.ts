// The kernels that choose tokens against the host functions that specify them: the same choices, row by row and draw by draw.

import { CounterRng, type Device } from '@vulpes/tensor-core';
import { gpuSuite, randomArray } from '@vulpes/tensor-core/testing';
import { defineKernel } from '@vulpes/wgsl-kernels';
import { describe, expect, test } from 'vitest';
import philoxWgsl from './philox.wgsl';
import { argmax, type SamplingOptions, sampleToken } from './sampling.ts';
import { TokenChooser } from './token-chooser.ts';
import wideWgsl from './wide.wgsl';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Chosen one after the other from the same logits; [draw][row], and the bad logits of each row. */
async function chooseMany(
  device: Device,
  logits: readonly Float32Array[],
  { draws, seed = 0, ...options }: SamplingOptions & { draws: number; seed?: number },
) {
  const batch = logits.length;
  const vocab = logits[0]!.length;
  using chooser = new TokenChooser(device, { ...options, batch, seed });
  const data = Float32Array.from(logits.flatMap((row) => [...row]));
  using tensor = device.tensor(data, [batch, vocab]);
  const chosen = Array.from({ length: draws }, () => {
    chooser.choose(tensor);
    return chooser.read();
  });
  const results = await Promise.all(chosen);
  return {
    tokens: results.map(({ tokens }) => [...tokens]),
    badLogits: [...results[0]!.badLogits],
  };
}

/** By the functions of sampling.ts, row b from stream b. */
function referenceMany(
  logits: readonly Float32Array[],
  { draws, seed = 0, ...options }: SamplingOptions & { draws: number; seed?: number },
): number[][] {
  const rngs = logits.map((_, row) => new CounterRng(seed, row));
  return Array.from({ length: draws }, () =>
    logits.map((row, b) =>
      options.temperature === 0 ? argmax(row) : sampleToken(row, options, rngs[b]!),
    ),
  );
}

const wide = (seed: number, vocab: number) => randomArray(seed, vocab).map((x) => 4 * x);
/** Few values, so that many tokens share a logit. */
const tied = (seed: number, vocab: number) => wide(seed, vocab).map((x) => Math.round(x / 2));

gpuSuite('choosing tokens', (device) => {
  test('the random numbers are those of the host, bit for bit', async () => {
    const seeds = [0, 7, 2 ** 40 + 123, Number.MAX_SAFE_INTEGER];
    const kernel = defineKernel({
      name: 'uniform-bits',
      source: `
        struct Params { seed_low: u32, seed_high: u32 }
        @group(0) @binding(0) var<storage, read_write> bits: array<u32>;
        @group(0) @binding(1) var<uniform> params: Params;
        @compute @workgroup_size(64)
        fn main(@builtin(global_invocation_id) id: vec3u) {
          bits[id.x] = uniform_bits(vec2u(params.seed_low, params.seed_high), id.x % 4u, id.x / 4u);
        }`,
      lib: [wideWgsl, philoxWgsl],
      bindings: ['bits:write'],
      select: (_dims: { seedLow: number; seedHigh: number }) => ({}),
      grid: () => [1, 1, 1],
    });
    for (const seed of seeds) {
      using bits = device().empty([64], { dtype: 'u32' });
      const dims = { seedLow: seed >>> 0, seedHigh: Math.floor(seed / 2 ** 32) };
      kernel.run(device(), { dims, tensors: { bits } });
      const rngs = [0, 1, 2, 3].map((stream) => new CounterRng(seed, stream));
      const expected = Array.from({ length: 16 }, () =>
        rngs.map((rng) => Math.floor(rng.uniform() * 2 ** 32)),
      );
      expect([...(await bits.data())]).toEqual(expected.flat());
    }
  });

  describe.each([1, 2, 5, 257, 2051, 4099])('a vocabulary of %i', (vocab) => {
    const rows = [wide(1, vocab), tied(2, vocab), new Float32Array(vocab).fill(-3.5)];
    rows[1]![vocab - 1] = -0;
    const choices: SamplingOptions[] = [
      { temperature: 0, topK: null },
      { temperature: 1, topK: null },
      { temperature: 0.3, topK: 40 },
      { temperature: 1, topK: 1 },
      { temperature: 1.7, topK: null, topP: 0.9 },
      { temperature: 1, topK: null, topP: 1e-9 },
      { temperature: 2, topK: 33, topP: 0.6 },
      { temperature: 1, topK: 10_000, topP: 1 },
    ];
    test.each(choices)('%o', async (options) => {
      const asked = { ...options, draws: 12, seed: 42 };
      const { tokens, badLogits } = await chooseMany(device(), rows, asked);
      expect(tokens).toEqual(referenceMany(rows, asked));
      expect(badLogits).toEqual([-1, -1, -1]);
    });
  });

  test('ties go to the lowest id, 0 and −0 are ties', async () => {
    const rows = [
      [1, 3, 3, 2],
      [-0, 0, -1, -1],
      [0, -0, -1, -1],
      [-5, -5, -5, -4],
    ];
    const logits = rows.map((row) => Float32Array.from(row));
    const greedy = await chooseMany(device(), logits, { temperature: 0, topK: null, draws: 1 });
    expect(greedy.tokens).toEqual([[1, 0, 0, 3]]);
    const first = await chooseMany(device(), logits, { temperature: 9, topK: 1, draws: 8 });
    for (const tokens of first.tokens) expect(tokens).toEqual([1, 0, 0, 3]);
  });

  test('minus infinity has no weight; NaN and infinities are told, and leave the other rows alone', async () => {
    const rows = [
      [-inf, 1, -inf, 1.5, -inf],
      [0, 1, nan, inf, 0],
      [1, 2, 3, 4, 3.5],
      [nan, nan, nan, nan, nan],
    ];
    const logits = rows.map((row) => Float32Array.from(row));
    for (const temperature of [0, 1]) {
      const asked = { temperature, topK: null, draws: 24 };
      const { tokens, badLogits } = await chooseMany(device(), logits, asked);
      expect(badLogits).toEqual([0, 2, -1, 0]);
      const expected = referenceMany([logits[0]!, logits[0]!, logits[2]!], asked);
      for (const [n, [a, b, c, d]] of tokens.entries()) {
        expect([a, c], `draw ${n}`).toEqual([expected[n]![0], expected[n]![2]]);
        for (const token of [b!, d!]) expect(token >= 0 && token < 5).toBe(true);
      }
    }
  });

  test('huge logits and tiny temperatures do not overflow', async () => {
    const logits = [Float32Array.of(1e38, -1e38, 1e37), Float32Array.of(-3e38, 3e38, 3e38)];
    const { tokens } = await chooseMany(device(), logits, {
      temperature: 1e-20,
      topK: 1,
      draws: 4,
    });
    for (const token of tokens) expect(token).toEqual([0, 1]);
  });

  test('a draw follows softmax', async () => {
    const rows = [Float32Array.of(Math.log(0.1), Math.log(0.6), Math.log(0.3))];
    const { tokens } = await chooseMany(device(), rows, { temperature: 1, topK: null, draws: 600 });
    const shares = [0, 1, 2].map((id) => tokens.filter(([token]) => token === id).length / 600);
    // Standard error below 0.02; the seed is fixed.
    expect(shares[0]).toBeCloseTo(0.1, 1);
    expect(shares[1]).toBeCloseTo(0.6, 1);
    expect(shares[2]).toBeCloseTo(0.3, 1);
  });
});
