// Named configurations: the paper's sizes, and small ones that train on a laptop or a software adapter.

import { ArgumentError } from '@vulpes/tensor-core';
import type { FoxConfig } from './config.ts';
import { foxConfig } from './make-config.ts';

type Fields = Partial<FoxConfig>;

/** GPT-2's vocabulary; the papers' runs use its tokenizer. */
const GPT2 = { vocabSize: 50257, bosTokenId: null, eosTokenId: 50256 } as const;
/** One token a byte. */
const BYTES = { vocabSize: 256, bosTokenId: null, eosTokenId: null } as const;

/** FoX (Pro) [FoX v2, Sec. 3]: output gate and norm, QK-norm, key and value shift; a narrower MLP pays for the gate. */
const pro: Fields = {
  useKShift: true,
  useVShift: true,
  qkNorm: true,
  useOutputGate: true,
  useOutputNorm: true,
  hiddenRatio: 3.5,
};
/** FoX (LLaMA): forget gate only, no positional embedding. */
const llama: Fields = {};
/** The baseline: rotary positions, no forget gate, nothing to prune. */
const rope: Fields = { fgateType: 'none', useRope: true, logPruningTolerance: null };

const size125m: Fields = { ...GPT2, hiddenSize: 768, numHiddenLayers: 12, numHeads: 12 };
const size360m: Fields = { ...GPT2, hiddenSize: 1024, numHiddenLayers: 24, numHeads: 16 };
const size760m: Fields = { ...GPT2, hiddenSize: 1536, numHiddenLayers: 24, numHeads: 24 };
/** The papers' 760M baselines have 12 heads of 128. */
const size760mRope: Fields = { ...size760m, numHeads: 12 };
/** 0.1 M parameters: tests. */
const sizeNano: Fields = {
  ...BYTES,
  hiddenSize: 64,
  numHiddenLayers: 2,
  numHeads: 2,
  intermediateSize: 128,
};
/** 0.4 M parameters: a software adapter learns a text's spelling in minutes. */
const sizeTiny: Fields = {
  ...BYTES,
  hiddenSize: 128,
  numHiddenLayers: 2,
  numHeads: 4,
  intermediateSize: 256,
};
/** 2.8 M parameters: a small GPU. */
const sizeSmall: Fields = {
  ...BYTES,
  hiddenSize: 256,
  numHiddenLayers: 4,
  numHeads: 4,
  intermediateSize: 512,
};

const presets = {
  'pro-nano': { ...pro, ...sizeNano },
  'pro-tiny': { ...pro, ...sizeTiny },
  'pro-small': { ...pro, ...sizeSmall },
  'pro-125m': { ...pro, ...size125m },
  'pro-360m': { ...pro, ...size360m },
  'pro-760m': { ...pro, ...size760m },
  'llama-nano': { ...llama, ...sizeNano },
  'llama-tiny': { ...llama, ...sizeTiny },
  'llama-small': { ...llama, ...sizeSmall },
  'llama-125m': { ...llama, ...size125m },
  'llama-360m': { ...llama, ...size360m },
  'llama-760m': { ...llama, ...size760m },
  'transformer-nano': { ...rope, ...sizeNano },
  'transformer-tiny': { ...rope, ...sizeTiny },
  'transformer-small': { ...rope, ...sizeSmall },
  'transformer-125m': { ...rope, ...size125m },
  'transformer-360m': { ...rope, ...size360m },
  'transformer-760m': { ...rope, ...size760mRope },
  'transformer-pro-tiny': { ...pro, ...rope, ...sizeTiny },
  'transformer-pro-125m': { ...pro, ...rope, ...size125m },
  'transformer-pro-360m': { ...pro, ...rope, ...size360m },
  'transformer-pro-760m': { ...pro, ...rope, ...size760mRope },
} as const satisfies Record<string, Fields>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as readonly PresetName[];

/**
 * A preset's configuration. FoX presets prune at log ε = −10.
 * @param fields - replaced in the preset, e.g. `{ vocabSize: 512 }`.
 * @throws ArgumentError for an unknown name, or where the fields do not fit.
 */
export function foxPreset(name: string, fields: Partial<FoxConfig> = {}): FoxConfig {
  if (Object.hasOwn(presets, name)) return foxConfig({ ...presets[name as PresetName], ...fields });
  throw new ArgumentError(
    `preset: expected one of ${presetNames.join(', ')}, got ${JSON.stringify(name)}.`,
  );
}
