import { type Device, type DType, reshape, type Tensor, vjp } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { boundOf, storedAs } from '../../testing/half.ts';
import { linear } from '../linear/index.ts';
import { logSigmoid } from '../log-sigmoid/index.ts';
import { rmsNorm } from '../rms-norm/index.ts';
import { tokenShift } from '../token-shift/index.ts';
import { referenceTokenVisibility } from '../token-visibility/token-visibility.reference.ts';
import { type PrepareHeadsCase, prepareHeadsCases } from './prepare-heads.cases.ts';
import { headFeatures, packedWidth } from './prepare-heads.kernel.ts';
import { type PreparedHeads, prepareHeads } from './prepare-heads.op.ts';
import {
  referenceLogitBound,
  referencePrepareHeads,
  referencePrepareHeadsBackward,
} from './prepare-heads.reference.ts';

const EPS = 1e-5;
/** What rounding q and k to f16 may add to a logit. */
const HALF = (1 + 2 ** -11) ** 2;
const OUTPUTS = ['q', 'k', 'v', 'logFgate', 'outputGate'] as const;

/** Arrays of a case, as tensors of `dtype` hold them, and the gradients of its outputs. */
function makeArrays(theCase: PrepareHeadsCase, dtype: DType) {
  const { batch, seqLen, numHeads, numKvHeads, headDim, hasHeadWeights, limits } = theCase;
  const tokens = batch * seqLen;
  const width = packedWidth(theCase);
  const weights = (seed: number, heads: number) =>
    randomArray(seed, (hasHeadWeights ? heads : 1) * headDim, { mean: 1, scale: 0.3 });
  const activation = (seed: number, size: number) => storedAs(dtype, randomArray(seed, size));
  const packed = activation(1, tokens * width);
  const used = headFeatures(theCase) + 2 * numKvHeads + numHeads;
  const inputs = {
    packed: packed.map((value, i) => (i % width < used ? value : 0)),
    qWeight: weights(2, numHeads),
    kWeight: weights(3, numKvHeads),
    bias: randomArray(4, numHeads, { mean: 2 }),
  };
  const [queries, keys] = [tokens * numHeads, tokens * numKvHeads];
  const dOutput = {
    q: activation(5, queries * headDim),
    k: activation(6, keys * headDim),
    v: activation(7, keys * headDim),
    logFgate: randomArray(8, queries),
    outputGate: activation(9, queries * headDim),
  };
  const visibility = limits && referenceTokenVisibility({ batch, length: seqLen }, limits);
  return { dims: { ...theCase, width, eps: EPS }, inputs, dOutput, visibility };
}

type Arrays = ReturnType<typeof makeArrays>;
type Inputs = Readonly<Record<keyof Arrays['inputs'], Tensor>>;
type Forward = (
  inputs: Inputs,
  visibility: Tensor | undefined,
) => Omit<PreparedHeads, 'logitBound'> & Partial<PreparedHeads>;

/** Outputs and, with a d in front, gradients on the device. */
async function run(device: Device, arrays: Arrays, dtype: DType, forward: Forward) {
  const { dims, inputs, dOutput, visibility } = arrays;
  const { batch, seqLen, width } = dims;
  const named: Record<string, Tensor> = device.scope(() => {
    const packed = device.tensor(inputs.packed, [batch, seqLen, width], { dtype });
    const weight = (name: 'qWeight' | 'kWeight' | 'bias') =>
      device.tensor(inputs[name], [inputs[name].length]);
    const tensors = {
      packed,
      qWeight: weight('qWeight'),
      kWeight: weight('kWeight'),
      bias: weight('bias'),
    };
    const limits = visibility && device.tensor(visibility, [batch, seqLen, 2]);
    using pass = vjp(device, (watched: Inputs) => ({ ...forward(watched, limits) }), tensors);
    const seeds = OUTPUTS.map((name) => {
      const { shape, dtype } = pass.output[name];
      return [name, device.tensor(dOutput[name], shape, { dtype })];
    });
    const grads = pass.pullback(Object.fromEntries(seeds));
    const gradients = Object.entries(grads).map(([name, tensor]) => [`d${name}`, tensor]);
    return { ...pass.output, ...Object.fromEntries(gradients) };
  });
  const values = await device.read(Object.values(named));
  for (const tensor of Object.values(named)) tensor.dispose();
  const entries = Object.keys(named).map((name, at) => [name, values[at] as Float32Array]);
  return Object.fromEntries(entries) as Record<string, Float32Array>;
}

const fused =
  (theCase: PrepareHeadsCase): Forward =>
  (inputs, visibility) =>
    prepareHeads(inputs, { ...theCase, eps: EPS, visibility });

/** The ops that prepareHeads takes the place of, each on its own columns: a product with rows of 0 and 1 picks them, exactly. */
function composed(device: Device, theCase: PrepareHeadsCase): Forward {
  const { batch, seqLen, numHeads, numKvHeads, headDim } = theCase;
  const width = packedWidth(theCase);
  return ({ packed, qWeight, kWeight, bias }, visibility) => {
    let first = 0;
    const take = (columns: number, shape: number[], given?: Tensor) => {
      const picks = new Float32Array(columns * width);
      for (let i = 0; i < columns; i++) picks[i * width + first + i] = 1;
      first += columns;
      const rows = device.tensor(picks, [columns, width], { dtype: packed.dtype });
      return reshape(linear(packed, rows, given), [batch, seqLen, ...shape]);
    };
    const q = take(numHeads * headDim, [numHeads, headDim]);
    const k = take(numKvHeads * headDim, [numKvHeads, headDim]);
    const v = take(numKvHeads * headDim, [numKvHeads, headDim]);
    const outputGate = take(numHeads * headDim, [numHeads * headDim]);
    const kShift = take(numKvHeads, [numKvHeads]);
    const vShift = take(numKvHeads, [numKvHeads]);
    return {
      q: rmsNorm(q, qWeight, { eps: EPS }),
      k: rmsNorm(tokenShift(k, kShift, { visibility }), kWeight, { eps: EPS }),
      v: tokenShift(v, vShift, { visibility }),
      logFgate: logSigmoid(take(numHeads, [numHeads], bias)),
      outputGate,
    };
  };
}

const isGradient = (name: string) => name.startsWith('d');

/** One case against the reference, on poisoned memory. */
async function checkCase(device: Device, theCase: PrepareHeadsCase, dtype: DType) {
  const arrays = makeArrays(theCase, dtype);
  const actual = await underTwoFills(device, () => run(device, arrays, dtype, fused(theCase)));
  const { dims, dOutput } = arrays;
  const inputs = { ...arrays.inputs, visibility: arrays.visibility };
  const outputs = referencePrepareHeads(dims, inputs);
  for (const name of OUTPUTS) {
    const bound = name === 'logFgate' ? 1e-6 : boundOf(dtype, 1e-6);
    expectMatch(name, actual[name]!, outputs[name], bound);
  }
  const bound = referenceLogitBound(dims, inputs).map((u) => (dtype === 'f16' ? u * HALF : u));
  expectMatch('logitBound', actual.logitBound!, bound, 1e-6);
  const gradients = referencePrepareHeadsBackward(dims, inputs, dOutput);
  expectMatch('dpacked', actual.dpacked!, gradients.packed, boundOf(dtype, 2e-6));
  for (const name of ['qWeight', 'kWeight', 'bias'] as const)
    expectMatch(`d${name}`, actual[`d${name}`]!, gradients[name], 2e-6);
}

describe('prepare-heads reference', () => {
  test('backward agrees with finite differences', () => {
    const theCase = { id: '', batch: 1, seqLen: 4, numHeads: 2, numKvHeads: 1, headDim: 3 };
    const limits = { cuSeqlens: [0, 1, 4] };
    const { dims, inputs, dOutput, visibility } = makeArrays(
      { ...theCase, hasHeadWeights: false, limits },
      'f32',
    );
    const worst = gradcheck({
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(values)]),
      ) as Record<keyof typeof inputs, Float64Array>,
      forward: (given) => {
        const outputs = referencePrepareHeads(dims, { ...given, visibility });
        return OUTPUTS.reduce(
          (sum, name) => outputs[name].reduce((s, y, i) => s + y * dOutput[name][i]!, sum),
          0,
        );
      },
      backward: (given) => referencePrepareHeadsBackward(dims, { ...given, visibility }, dOutput),
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

gpuSuite(
  'prepare-heads',
  (device) => {
    test.each(prepareHeadsCases)('$id', (row) => checkCase(device(), row, 'f32'));

    test.each(prepareHeadsCases.slice(1))(
      '$id: as the ops that it takes the place of',
      async (row) => {
        const arrays = makeArrays(row, 'f32');
        const actual = await run(device(), arrays, 'f32', fused(row));
        const expected = await run(device(), arrays, 'f32', composed(device(), row));
        for (const [name, values] of Object.entries(expected))
          expectMatch(name, actual[name]!, values, isGradient(name) ? 2e-6 : 1e-6);
      },
    );

    test('outputs that nothing depends on have a gradient of zero', async () => {
      const [, theCase] = prepareHeadsCases as [unknown, PrepareHeadsCase];
      const { dims, inputs, dOutput } = makeArrays(theCase, 'f32');
      const { batch, seqLen, width } = dims;
      const gradient = device().scope(() => {
        const given = Object.fromEntries(
          Object.entries(inputs).map(([name, values]) => [
            name,
            device().tensor(values, name === 'packed' ? [batch, seqLen, width] : [values.length]),
          ]),
        ) as Inputs;
        const forward = (watched: Inputs) => prepareHeads(watched, { ...theCase, eps: EPS }).v;
        using pass = vjp(device(), forward, given);
        return pass.pullback(device().tensor(dOutput.v, pass.output.shape)).packed;
      });
      const zeros = Object.fromEntries(
        OUTPUTS.map((name) => [name, new Float32Array(dOutput[name].length)]),
      ) as unknown as typeof dOutput;
      const expected = referencePrepareHeadsBackward(dims, inputs, { ...zeros, v: dOutput.v });
      expectMatch('dpacked', (await gradient.data()) as Float32Array, expected.packed, 1e-6);
      gradient.dispose();
    });

    test('rejects heads that are no vectors', () => {
      const heads = { numHeads: 1, numKvHeads: 1, headDim: 6, eps: EPS };
      const zeros = (...shape: number[]) => device().zeros(shape);
      const [packed, qWeight, kWeight, bias] = [zeros(1, 3, 64), zeros(6), zeros(6), zeros(1)];
      expect(() =>
        prepareHeads({ packed, qWeight, kWeight, bias }, heads),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ArgumentError: prepareHeads: expected headDim a multiple of 4, got 6.]`,
      );
    });

    test('rejects another width, and norm weights of other heads', () => {
      const heads = { numHeads: 2, numKvHeads: 1, headDim: 8, eps: EPS };
      const zeros = (...shape: number[]) => device().zeros(shape);
      const [packed, bias] = [zeros(1, 3, 64), zeros(2)];
      const [qWeight, kWeight] = [zeros(16), zeros(8)];
      expect(packedWidth(heads)).toBe(64);
      expect(() =>
        prepareHeads({ packed: zeros(1, 3, 60), qWeight, kWeight, bias }, heads),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: prepareHeads: expected packed [B, T, W] with W=64, got [1, 3, 60].]`,
      );
      expect(() =>
        prepareHeads({ packed, qWeight, kWeight: zeros(16), bias }, heads),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: prepareHeads: expected norm weights [16] and [8] of 2 and 1 heads, or [8] for both, got [16] and [16].]`,
      );
    });
  },
  ['tiled', 'scalar'],
);

gpuSuite(
  'prepare-heads of f16',
  (device) => {
    test.each(prepareHeadsCases)('$id', (row) => checkCase(device(), row, 'f16'));

    test.each(prepareHeadsCases.slice(1))(
      '$id: as the ops that it takes the place of',
      async (row) => {
        const arrays = makeArrays(row, 'f16');
        const actual = await run(device(), arrays, 'f16', fused(row));
        const expected = await run(device(), arrays, 'f16', composed(device(), row));
        for (const [name, values] of Object.entries(expected))
          expectMatch(name, actual[name]!, values, isGradient(name) ? 5e-3 : 1e-3);
      },
    );
  },
  ['tiled', 'scalar'],
  { requires: { features: ['f16'] } },
);
