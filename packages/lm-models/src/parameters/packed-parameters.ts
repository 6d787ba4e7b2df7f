// Parameters that training keeps side by side, so that one product reads them all. Official names and checkpoints do not know of it.

import { packedWidth } from '@vulpes/wgsl-kernels';
import type { FoxConfig } from '../config/config.ts';
import { getHeadDim, getNumKvHeads } from '../config/sizes.ts';
import type { ParameterSpec } from './parameter-spec.ts';
import { parameterSpecs } from './parameter-specs.ts';

/** A matrix whose rows are those of several parameters. */
export interface PackedParameter {
  /** Of the whole matrix; no file has it. */
  readonly name: string;
  /** [rows, h] */
  readonly shape: readonly [number, number];
  /** What its rows are, from the first on; the rows behind them are 0, and their gradient is 0. */
  readonly parts: readonly ParameterSpec[];
}

/** Name of a layer's packed input projection, as of a parameter. */
export const inputProjectionName = (layer: number): string =>
  `model.layers.${layer}.attn.in_proj.weight`;

/** The projections of a layer's input, in the order in which `prepareHeads` reads what they give. */
const INPUT_PROJECTIONS = [
  ...['q_proj', 'k_proj.linear', 'v_proj.linear', 'ogate_proj'],
  ...['k_proj.shift_proj', 'v_proj.shift_proj', 'fgate_proj'],
];

/** A row of f16 is a multiple of 256 bytes, at which every part of a tensor can begin: then so is each of the parts. */
const ROW_STEP = 128;

/** Whether a layer has all the projections that `prepareHeads` reads, and no rotation, and rows that can be packed. */
function packsInputs(config: FoxConfig): boolean {
  const { fgateType, useOutputGate, useKShift, useVShift, qkNorm, useRope, hiddenSize } = config;
  const isPro = fgateType === 'full' && useOutputGate && useKShift && useVShift && qkNorm;
  return isPro && !useRope && hiddenSize % ROW_STEP === 0;
}

/** One for each layer of FoX (Pro); none for other configurations, whose projections stay apart. */
export function packedParameters(config: FoxConfig): PackedParameter[] {
  if (!packsInputs(config)) return [];
  const { numHeads, hiddenSize, numHiddenLayers } = config;
  const heads = { numHeads, numKvHeads: getNumKvHeads(config), headDim: getHeadDim(config) };
  const shape = [packedWidth(heads), hiddenSize] as const;
  const specs = new Map(parameterSpecs(config).map((spec) => [spec.name, spec]));
  return Array.from({ length: numHiddenLayers }, (_, layer) => ({
    ...{ name: inputProjectionName(layer), shape },
    parts: INPUT_PROJECTIONS.map(
      (name) => specs.get(`model.layers.${layer}.attn.${name}.weight`) as ParameterSpec,
    ),
  }));
}
