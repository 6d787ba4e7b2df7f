// The suites by name; each makes its cases to suit the adapter.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { BenchCase } from '../case.ts';
import { attentionSuite } from './attention.ts';
import { decodeSuite } from './decode.ts';
import { matmulSuite } from './matmul.ts';
import { pruningSuite } from './pruning.ts';
import { trainingSuite } from './training.ts';

/** A suite depends on the adapter alone, so its cases are known before anything runs. */
export const suites = {
  matmul: matmulSuite,
  attention: attentionSuite,
  pruning: pruningSuite,
  training: trainingSuite,
  decode: decodeSuite,
} as const satisfies Record<string, (caps: DeviceCaps) => BenchCase[]>;

export type SuiteName = keyof typeof suites;

/** In the order of a report. */
export const suiteNames = Object.keys(suites) as readonly SuiteName[];

/** What each measures and its variants, in lines for --help. */
export const suiteSentences: Readonly<Record<SuiteName, readonly string[]>> = {
  matmul: [
    'f32 matrix products: squares, and the layers of the presets. Variants are',
    'layouts: nt is a linear layer, nn and tn are its gradients.',
  ],
  attention: [
    'Forgetting Attention at growing lengths, forward and with gradients.',
    'Variants: dense computes every block; paper and certified skip blocks by',
    'that rule. The time that the rule takes is included.',
  ],
  pruning: [
    'Which blocks each rule keeps, and how much attention weight it drops:',
    'counts. Only the rules are timed. Variants: paper, certified.',
  ],
  training: [
    'A whole training step of the presets: loss, gradients, clip, AdamW.',
    'Variants: dense, paper, certified, as in attention.',
  ],
  decode: [
    'One more token of a text, and the bytes that its cache holds. Variants:',
    'cache, cache-evict (frees forgotten pages).',
  ],
};
