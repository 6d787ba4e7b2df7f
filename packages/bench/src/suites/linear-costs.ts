// Floating-point operations and bytes of a model's linear layers. Pure.

import { type FoxConfig, parameterSpecs } from '@vulpes/lm-models';

const F32_BYTES = 4;

/** Of a weight: [out, in]. */
export type LinearShape = readonly [number, number];

/** Every linear layer but the output head. */
export const layerShapes = (config: FoxConfig): LinearShape[] =>
  parameterSpecs(config)
    .filter(({ name, shape }) => shape.length === 2 && name.startsWith('model.layers.'))
    .map(({ shape }) => shape as [number, number]);

export const headShape = ({ vocabSize, hiddenSize }: FoxConfig): LinearShape => [
  vocabSize,
  hiddenSize,
];

/** One product of `tokens` rows with each weight: rows and weight read once, result written once. */
export function linearCosts(
  shapes: readonly LinearShape[],
  tokens: number,
): { flops: number; bytes: number } {
  let [flops, bytes] = [0, 0];
  for (const [out, into] of shapes) {
    flops += 2 * tokens * out * into;
    bytes += F32_BYTES * (tokens * (out + into) + out * into);
  }
  return { flops, bytes };
}
