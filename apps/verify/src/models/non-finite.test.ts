// A whole model in debug mode: the error of a NaN or infinity names the op and the tensor.

import { join } from 'node:path';
import { nodeFiles } from '@vulpes/cli-kit';
import {
  createModel,
  type HostWeights,
  loadModelFolder,
  type ModelFolder,
} from '@vulpes/lm-models';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIXTURES } from '../options.ts';
import { Vectors } from '../vectors.ts';
import { type ModelCase, readModelCase } from './case.ts';
import { runModel } from './run.ts';

const CASE = join(FIXTURES, 'models/frozen_fox_pro');

gpuSuite('a model in debug mode', () => {
  let device: Device;
  let folder: ModelFolder;
  let theCase: ModelCase;
  beforeAll(async () => {
    device = await createDevice({ debug: 'validate' });
    folder = await loadModelFolder(nodeFiles, CASE);
    const vectors = await Vectors.read(join(CASE, 'golden.safetensors'));
    theCase = readModelCase(vectors, createModel(folder.config, device).parameterSpecs());
  });
  afterAll(() => device.dispose());

  /** Runs forward and backward. @returns the error's text, or null */
  async function problemWith(weights: HostWeights): Promise<string | null> {
    const model = createModel(folder.config, device);
    const params = model.upload(weights);
    try {
      await runModel(model, params, theCase);
      return null;
    } catch (error) {
      return String(error);
    } finally {
      for (const tensor of Object.values(params)) tensor.dispose();
    }
  }

  /** The model's weights with the first value of one of them changed. */
  const corrupt = (name: string, value: number): HostWeights => {
    const tensor = folder.weights[name];
    if (!tensor) throw new Error(`no ${name} among ${Object.keys(folder.weights).join(' ')}`);
    const data = Float32Array.from(tensor.data).fill(value, 0, 1);
    return { ...folder.weights, [name]: { ...tensor, data } };
  };

  test('finite weights pass, forward and backward through every op', async () => {
    expect(await problemWith(folder.weights)).toBeNull();
  });

  test('a NaN among the weights is named by its parameter', async () => {
    expect(await problemWith(corrupt('model.layers.0.attn.o_proj.weight', Number.NaN))).toMatch(
      /NonFiniteError: upload: non-finite values in the data 'model\.layers\.0\.attn\.o_proj\.weight' f32\[\d+, \d+\]: 1 NaN, first at \[0, 0\]/,
    );
  });

  test('a weight that makes a product overflow is named by the op that made it', async () => {
    const problem = await problemWith(corrupt('model.layers.0.attn_norm.weight', 3e38));
    expect(problem).toMatchInlineSnapshot(
      `"NonFiniteError: rms-norm: non-finite values in its output 'rms-norm' f32[2, 36, 32]: 6 infinite, first at [0, 20, 0]. Its inputs are finite: the op made them."`,
    );
  });
});
