// The matrix products of one training step of a model. Pure.

import { type FoxConfig, packedParameters, parameterSpecs } from '@vulpes/lm-models';

type Float = 'f32' | 'f16';

export interface StepProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** A is stored [K, M], B [N, K]. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly dtypeA: Float;
  readonly dtypeB: Float;
  readonly dtypeC: Float;
}

export interface StepOptions {
  /** Of all sequences of a micro batch. */
  readonly tokens: number;
  /** What products compute with. */
  readonly dtype: Float;
}

/** Forward, gradient of the input and gradient of the weight of every matrix, each kind once. */
export function stepProducts(config: FoxConfig, { tokens, dtype }: StepOptions): StepProduct[] {
  const products = [
    ...listMatrices(config).flatMap((shape) => productsOf(shape, tokens, dtype)),
    ...productsOf([config.vocabSize, config.hiddenSize], headRows(config, tokens, dtype), dtype),
  ];
  return [...new Map(products.map((product) => [JSON.stringify(product), product])).values()];
}

type Matrix = readonly [out: number, input: number];

/** Of the layers; packed ones count as a whole. */
function listMatrices(config: FoxConfig): Matrix[] {
  const packed = packedParameters(config);
  const parts = new Set(packed.flatMap((matrix) => matrix.parts.map(({ name }) => name)));
  const single = parameterSpecs(config)
    .filter(
      ({ name, shape }) => name.includes('.layers.') && shape.length === 2 && !parts.has(name),
    )
    .map(({ shape }) => shape as Matrix);
  return [...packed.map(({ shape }) => shape), ...single];
}

/** Products with few rows of C have a kernel of their own, which has no tiles. */
const productsOf = ([out, input]: Matrix, rows: number, dtype: Float): StepProduct[] => {
  const factors = { dtypeA: dtype, dtypeB: dtype };
  return [
    { m: rows, n: out, k: input, transposeA: false, transposeB: true, ...factors, dtypeC: dtype },
    { m: rows, n: input, k: out, transposeA: false, transposeB: false, ...factors, dtypeC: dtype },
    { m: out, n: input, k: rows, transposeA: true, transposeB: false, ...factors, dtypeC: 'f32' },
  ];
};

/** Logits exist for some rows at a time: as many as 256 MiB hold. */
function headRows({ vocabSize }: FoxConfig, tokens: number, dtype: Float): number {
  const most = Math.floor(2 ** 28 / (vocabSize * (dtype === 'f16' ? 2 : 4)) / 256) * 256;
  return Math.min(tokens, Math.max(256, most));
}
