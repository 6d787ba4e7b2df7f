// Parameter specs and their first values.

import { describe, expect, test } from 'vitest';
import { foxConfig } from '../config/make-config.ts';
import { foxPreset } from '../config/presets.ts';
import { decayTimeBiases, initialValues } from './initial-values.ts';
import { parameterSpecs } from './parameter-specs.ts';

const small = { vocabSize: 256, hiddenSize: 64, numHeads: 2, numHiddenLayers: 1 };

const describeSpecs = (fields: Parameters<typeof foxConfig>[0]) =>
  parameterSpecs(foxConfig({ ...small, ...fields })).map(
    ({ name, shape, weightDecay, trainable }) =>
      `${name} [${shape}]${weightDecay ? ' decay' : ''}${trainable ? '' : ' buffer'}`,
  );

describe('names and shapes', () => {
  // Checked against the state dict of the official fox_pro model of this size.
  test('FoX (Pro)', () => {
    const pro = {
      useKShift: true,
      useVShift: true,
      qkNorm: true,
      useOutputGate: true,
      useOutputNorm: true,
    };
    expect(describeSpecs({ ...pro, hiddenRatio: 3.5 })).toMatchInlineSnapshot(`
      [
        "model.embeddings.weight [256,64] decay",
        "model.layers.0.attn_norm.weight [64]",
        "model.layers.0.attn.q_proj.weight [64,64] decay",
        "model.layers.0.attn.k_proj.linear.weight [64,64] decay",
        "model.layers.0.attn.k_proj.shift_proj.weight [2,64] decay",
        "model.layers.0.attn.v_proj.linear.weight [64,64] decay",
        "model.layers.0.attn.v_proj.shift_proj.weight [2,64] decay",
        "model.layers.0.attn.q_norm.weight [64]",
        "model.layers.0.attn.k_norm.weight [64]",
        "model.layers.0.attn.fgate_proj.weight [2,64] decay",
        "model.layers.0.attn.fgate_proj.bias [2]",
        "model.layers.0.attn.ogate_proj.weight [64,64] decay",
        "model.layers.0.attn.output_norm.weight [64]",
        "model.layers.0.attn.o_proj.weight [64,64] decay",
        "model.layers.0.mlp_norm.weight [64]",
        "model.layers.0.mlp.gate_proj.weight [512,64] decay",
        "model.layers.0.mlp.down_proj.weight [64,256] decay",
        "model.norm.weight [64]",
        "lm_head.weight [256,64] decay",
      ]
    `);
  });

  test('FoX (LLaMA)', () => {
    expect(describeSpecs({})).toMatchInlineSnapshot(`
      [
        "model.embeddings.weight [256,64] decay",
        "model.layers.0.attn_norm.weight [64]",
        "model.layers.0.attn.q_proj.weight [64,64] decay",
        "model.layers.0.attn.k_proj.weight [64,64] decay",
        "model.layers.0.attn.v_proj.weight [64,64] decay",
        "model.layers.0.attn.fgate_proj.weight [2,64] decay",
        "model.layers.0.attn.fgate_proj.bias [2]",
        "model.layers.0.attn.o_proj.weight [64,64] decay",
        "model.layers.0.mlp_norm.weight [64]",
        "model.layers.0.mlp.gate_proj.weight [512,64] decay",
        "model.layers.0.mlp.down_proj.weight [64,256] decay",
        "model.norm.weight [64]",
        "lm_head.weight [256,64] decay",
      ]
    `);
  });

  test('grouped queries: projections, shifts and norm of k and v are as wide as the key heads', () => {
    const grouped = { numHeads: 4, numKvHeads: 2, useKShift: true, qkNorm: true };
    const names = /k_proj|v_proj|k_norm|q_norm|fgate/;
    const specs = describeSpecs(grouped).filter((line) => names.test(line));
    expect(specs.map((line) => line.replace('model.layers.0.attn.', ''))).toEqual([
      'k_proj.linear.weight [32,64] decay',
      'k_proj.shift_proj.weight [2,64] decay',
      'v_proj.weight [32,64] decay',
      'q_norm.weight [64]',
      'k_norm.weight [32]',
      'fgate_proj.weight [4,64] decay',
      'fgate_proj.bias [4]',
    ]);
  });

  test('data-dependent gates may start at decay times of all lengths', () => {
    const specs = parameterSpecs(foxConfig({ ...small, fgateDecayTimes: [2, 64] }));
    const bias = specs.find(({ name }) => name.endsWith('fgate_proj.bias'));
    expect(bias).toMatchObject({ init: { kind: 'decay-times', min: 2, max: 64 }, trainable: true });
  });

  test('QK-norm weights shared by the heads', () => {
    const specs = describeSpecs({ qkNorm: true, qkNormShareParamAcrossHead: true });
    expect(specs).toContain('model.layers.0.attn.q_norm.weight [32]');
    expect(specs).toContain('model.layers.0.attn.k_norm.weight [32]');
  });

  test('a bias-only gate is trained without decay, a fixed one is a buffer, none has no parameter', () => {
    const times = { fgateBiasInit: true, decayTimeMin: 4, decayTimeMax: 64 };
    expect(describeSpecs({ fgateType: 'bias_only', ...times })).toContain(
      'model.layers.0.attn.fgate_bias [2]',
    );
    expect(describeSpecs({ fgateType: 'fixed', ...times })).toContain(
      'model.layers.0.attn.fgate_bias [2] buffer',
    );
    expect(describeSpecs({ fgateType: 'none' }).filter((spec) => spec.includes('fgate'))).toEqual(
      [],
    );
  });

  test('tied embeddings have no head of their own', () => {
    expect(
      describeSpecs({ tieWordEmbeddings: true }).some((spec) => spec.includes('lm_head')),
    ).toBe(false);
  });

  test('matrices decay, vectors do not', () => {
    for (const { shape, weightDecay } of parameterSpecs(foxPreset('pro-nano'))) {
      expect(weightDecay).toBe(shape.length === 2);
    }
  });
});

describe('first values', () => {
  const specOf = (name: string, fields = {}) => {
    const spec = parameterSpecs(foxConfig({ ...small, ...fields })).find(
      (item) => item.name === name,
    );
    if (!spec) throw new Error(`no ${name}`);
    return spec;
  };

  test('weights are normal with the configured deviation', () => {
    const values = initialValues(specOf('model.embeddings.weight'), 1);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    // 16,384 draws: three standard errors of mean and deviation.
    expect(Math.abs(mean)).toBeLessThan((3 * 0.02) / 128);
    expect(Math.abs(Math.sqrt(variance) - 0.02)).toBeLessThan((3 * 0.02) / Math.sqrt(2 * 16384));
  });

  test('norms are one, biases zero, the padding row zero', () => {
    expect(new Set(initialValues(specOf('model.norm.weight'), 1))).toEqual(new Set([1]));
    expect(new Set(initialValues(specOf('model.layers.0.attn.fgate_proj.bias'), 1))).toEqual(
      new Set([0]),
    );
    const table = initialValues(specOf('model.embeddings.weight', { padTokenId: 3 }), 1);
    expect(new Set(table.subarray(3 * 64, 4 * 64))).toEqual(new Set([0]));
    expect(table[2 * 64]).not.toBe(0);
  });

  test('a seed decides; another parameter or seed gives other numbers', () => {
    const q = specOf('model.layers.0.attn.q_proj.weight');
    const k = specOf('model.layers.0.attn.k_proj.weight');
    expect(initialValues(q, 1)).toEqual(initialValues(q, 1));
    expect(initialValues(q, 1)).not.toEqual(initialValues(q, 2));
    expect(initialValues(q, 1)).not.toEqual(initialValues(k, 1));
  });

  test('an option more does not change the other parameters', () => {
    const name = 'model.layers.0.mlp.down_proj.weight';
    expect(initialValues(specOf(name, { useKShift: true }), 7)).toEqual(
      initialValues(specOf(name), 7),
    );
  });

  test('decay-time biases make log f = −1 / T, evenly spaced in log T', () => {
    const biases = decayTimeBiases(5, 4, 64);
    const times = Array.from(biases, (bias) => 1 / Math.log1p(Math.exp(-bias)));
    for (const [head, time] of [4, 8, 16, 32, 64].entries())
      expect(times[head]).toBeCloseTo(time, 4);
    expect(1 / Math.log1p(Math.exp(-(decayTimeBiases(1, 4, 64)[0] as number)))).toBeCloseTo(4, 4);
  });
});
