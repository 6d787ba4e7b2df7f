// What is computed again in backward changes no bit: losses, gradients and pruning counts are those of the plain model.

import { type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { packedOffsets } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import type { Checkpointing } from '../layers/checkpointing.ts';
import type { Params } from '../parameters/params.ts';
import { modelCases } from './model.cases.ts';
import { createModel, type LossInputs } from './model.ts';

const PRUNING = {
  dense: { logPruningTolerance: null },
  paper: { logPruningTolerance: -10, pruningMode: 'paper' },
  certified: { logPruningTolerance: -10, pruningMode: 'certified' },
} as const;

gpuSuite('checkpointing', (device) => {
  /** Loss, losses, pruning counts and gradients of a batch; everything is freed but tables that the device keeps. */
  const run = async (config: FoxConfig, checkpointing: Checkpointing) => {
    const model = createModel(config, device(), { checkpointing });
    const params = model.init(5);
    const ids = Int32Array.from({ length: 37 }, (_, i) => (i * i + 3 * i) % config.vocabSize);
    const inputs: LossInputs = {
      inputIds: device().tensor(ids, [1, 37]),
      labels: device().tensor(ids.toReversed(), [1, 37]),
      cuSeqlens: packedOffsets(device(), [20, 17]),
    };
    const step = valueAndGrad(device(), (p: Params, i: LossInputs) => model.loss(p, i));
    const { loss, aux, grads } = step(params, inputs);
    const results = [
      ...[loss, aux?.lossPerToken as Tensor],
      ...[...(aux?.pruningCounts ?? []), ...Object.values(grads)],
    ];
    const values = await device().read(results);
    for (const tensor of [...results, ...Object.values(params), ...Object.values(inputs)])
      (tensor as Tensor).dispose();
    return { values, liveTensors: device().memory.liveTensors };
  };

  const gated = modelCases.filter(({ config }) => config.fgateType === 'full');
  test.each([
    ...modelCases.map(({ id, config }) => ({ id, config })),
    ...(['paper', 'certified'] as const).flatMap((pruning) =>
      gated
        .filter(({ id }) => ['pro', 'tied', 'grouped-pro', 'window-pro'].includes(id))
        .map(({ id, config }) => ({
          id: `${id}, ${pruning}`,
          config: { ...config, ...PRUNING[pruning] },
        })),
    ),
  ])('$id: the same bits', async ({ config }) => {
    const plain = await run(config, 'none');
    expect(await run(config, 'selective')).toEqual(plain);
    expect(await run(config, 'blocks')).toEqual(plain);
  });

  test('another word is refused', () => {
    const [first] = modelCases;
    expect(() =>
      createModel(first!.config, device(), { checkpointing: 'all' as Checkpointing }),
    ).toThrow('expected checkpointing to be one of none, selective, blocks, got "all"');
  });
});
