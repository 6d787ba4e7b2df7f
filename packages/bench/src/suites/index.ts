// The suites by name; each makes its cases to suit the adapter.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { BenchCase } from '../case.ts';
import { attentionSuite } from './attention.ts';
import { boundarySuite } from './boundary.ts';
import { decodeSuite } from './decode.ts';
import { matmulSuite } from './matmul.ts';
import { pruningSuite } from './pruning.ts';
import { trainingSuite } from './training.ts';

export const suites = {
  matmul: matmulSuite,
  attention: attentionSuite,
  boundary: boundarySuite,
  pruning: pruningSuite,
  training: trainingSuite,
  decode: decodeSuite,
} as const satisfies Record<string, (caps: DeviceCaps) => BenchCase[]>;

export type SuiteName = keyof typeof suites;

export const suiteNames = Object.keys(suites) as readonly SuiteName[];

/** What each measures, in a sentence. */
export const suiteSentences: Readonly<Record<SuiteName, string>> = {
  matmul:
    'f32 matrix products in the layouts of a linear layer and its gradients: squares, and the layers of the presets.',
  attention:
    "forgetting attention at growing lengths, forward and with gradients: dense, pruned by the paper's rule, and by the certified rule.",
  boundary: 'the boundary search of pruning alone: what it costs before it saves anything.',
  pruning:
    "blocks that the paper's and the certified rule keep on heads that forget at known speeds, and the true mass that they drop: counts.",
  training:
    'a whole training step of the presets (loss, gradients, clip, AdamW): dense, and with adaptive computation pruning.',
  decode:
    'one more token of a text: the whole text anew, from a cache of all of it, and from a cache that lets go of what is forgotten; bytes kept.',
};
