import { foxPreset, type Model, type ModelOptions, parameterSpecs } from '@vulpes/lm-models';
import { defineOp, type ForwardContext, type Tensor } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { createTrainStep, disposeResult, disposeState } from '@vulpes/training';
import { scale } from '@vulpes/wgsl-kernels';
import { describe, expect, test } from 'vitest';
import { checkOutput, runCheck } from '../check.ts';
import { sumBlockCounts } from './block-counts.ts';
import { launchedBy } from './launched.fixture.ts';
import { checkStep } from './training/reference-step.ts';
import { createSizedModel, createState, type Pruning, randomTokens } from './training/state.ts';
import { trainingSuite } from './training.ts';

const DIMS = { B: 1, T: 17, layers: 1, hidden: 64, heads: 4, vocab: 50 };
const DENSE = { logPruningTolerance: null, pruningMode: 'paper' } as const;

/** The same numbers; their gradient is multiplied. */
const misscaled = defineOp({
  name: 'misscaled',
  forward: ({ device, inputs: { x } }: ForwardContext<{ x: Tensor }, { factor: number }>) => ({
    output: device.view(x, x.shape),
  }),
  backward: ({ dOutput, attrs: { factor } }) => ({ x: scale(dOutput, factor) }),
});

/** A model whose gradient of one tensor is `factor` times the right one. */
const withWrongGradient = (model: Model, name: string, factor: number): Model => ({
  ...model,
  loss(params, inputs) {
    const wrong = misscaled({ x: params[name]! }, { factor });
    return model.loss({ ...params, [name]: wrong }, inputs);
  },
});

gpuSuite('the training suite', (device) => {
  test('checks loss, norm, gradient and parameters of each variant, and leaves nothing behind; each kernel has a part', async () => {
    const before = device().memory.liveTensors;
    const { variants, checkDims } = trainingSuite(device().caps)[0]!;
    const kernels = await launchedBy(device(), async () => {
      for (const variant of variants) {
        const { isOk, outputs } = await runCheck(device(), variant, checkDims!);
        expect(isOk, variant.name).toBe(true);
        const names = outputs.map(({ output }) => output);
        expect(names).toEqual(['loss', 'gradNorm', 'grads', 'params']);
      }
    });
    expect(kernels).toEqual(expect.arrayContaining(['adamw', 'find-index', 'block-bounds']));
    expect(device().memory.liveTensors).toBe(before);
  });

  /** Kept and causal blocks of a step of `pruning` at the sizes of the check. */
  async function countsOf(
    pruning: Pruning & ModelOptions,
  ): Promise<{ keptBlocks: number; causalBlocks: number }> {
    const dims = trainingSuite(device().caps)[0]!.checkDims!;
    const model = createSizedModel(device(), 'pro-nano', dims, pruning);
    const state = createState(model, dims.slowHeads);
    using step = createTrainStep(model, state, { weightDecay: 0, maxGradNorm: null });
    const tokens = randomTokens(1, dims.T!, dims.vocab!);
    const { losses, control, pruningCounts } = step.run({
      ...{ microBatches: [tokens], learningRate: 0, update: 1 },
    });
    for (const tensor of [...losses, control]) tensor.dispose();
    const counts = await sumBlockCounts(pruningCounts.flat());
    disposeState(state);
    return counts;
  }

  test('the sizes of the check are such that both rules prune, at ε = e⁻¹⁰', async () => {
    const { variants, checkDims } = trainingSuite(device().caps)[0]!;
    for (const { name, build } of variants) {
      const workload = await build(device(), checkDims!);
      const { keptBlocks = 0, causalBlocks = 0 } = await workload.counts();
      workload.dispose();
      const compute = name.startsWith('mixed') ? 'f16' : 'f32';
      if (name === 'dense' || name === 'mixed') {
        expect(keptBlocks).toBe(causalBlocks);
        continue;
      }
      const pruningMode = name.replace('mixed-', '') as 'paper' | 'certified';
      expect(keptBlocks / causalBlocks).toBeLessThan(0.9);
      const named = await countsOf({ logPruningTolerance: -10, pruningMode, compute });
      expect({ keptBlocks, causalBlocks }).toEqual(named);
      const other = pruningMode === 'paper' ? -0.01 : -60;
      expect(await countsOf({ logPruningTolerance: other, pruningMode, compute })).not.toEqual(
        named,
      );
    }
  });

  describe('the reference of a step', () => {
    const right = { learningRate: 0.01, weightDecay: 0.1, maxGradNorm: 1, step: 2 };

    /** Two steps, the second with `settings`; which outputs then differ from the reference with the right ones. */
    async function redOutputs(
      settings: typeof right,
      broken = (model: Model): Model => model,
    ): Promise<string[]> {
      const model = broken(createSizedModel(device(), 'pro-nano', DIMS, DENSE));
      const state = createState(model);
      const tokens = randomTokens(1, 17, 50);
      const microBatches = [tokens];
      const record = ({ learningRate, step: update, ...options }: typeof right) => {
        using step = createTrainStep(model, state, options);
        return step.run({ microBatches, learningRate, update });
      };
      disposeResult(record({ ...right, step: 1 }));
      const of = { tokens, settings: right };
      const expected = await checkStep(model, state, of, () => record(settings));
      disposeState(state);
      return Object.entries(expected)
        .filter(([output, want]) => !checkOutput(output, want.actual, want).isOk)
        .map(([output]) => output);
    }

    test('agrees with the step', async () => {
      expect(await redOutputs(right)).toEqual([]);
    });

    const names = parameterSpecs(
      foxPreset('pro-nano', { numHiddenLayers: 1, hiddenSize: 64, numHeads: 4, vocabSize: 50 }),
    ).map(({ name }) => name);
    test.each(names)('tells a missing gradient of %s, and one that is off by 1 %', async (name) => {
      for (const factor of [0, 1.01]) {
        const red = await redOutputs(right, (model) => withWrongGradient(model, name, factor));
        expect(red, `times ${factor}`).toContain('grads');
      }
    });

    test.each([
      ['a learning rate that is off by 1 %', { learningRate: 0.0101 }, ['params']],
      ['a step that does not learn', { learningRate: 0 }, ['params']],
      ['no weight decay', { weightDecay: 0 }, ['params']],
      ['the bias correction of another step', { step: 3 }, ['params']],
      ['no clip', { maxGradNorm: 1e9 }, ['gradNorm', 'grads']],
    ])('tells %s', async (_, change, red) => {
      expect(await redOutputs({ ...right, ...change })).toEqual(red);
    });
  });
});
