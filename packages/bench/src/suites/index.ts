// The suites by name; each makes its cases to suit the adapter.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { BenchCase } from '../case.ts';
import { attentionSuite } from './attention.ts';
import { boundarySuite } from './boundary.ts';
import { decodeSuite } from './decode.ts';
import { matmulSuite } from './matmul.ts';
import { pruningSuite } from './pruning.ts';
import { trainingSuite } from './training.ts';

/** A suite is a function of the adapter alone: which cases there are is known before anything runs. */
export const suites = {
  matmul: matmulSuite,
  attention: attentionSuite,
  boundary: boundarySuite,
  pruning: pruningSuite,
  training: trainingSuite,
  decode: decodeSuite,
} as const satisfies Record<string, (caps: DeviceCaps) => BenchCase[]>;

export type SuiteName = keyof typeof suites;

/** In the order of a report. */
export const suiteNames = Object.keys(suites) as readonly SuiteName[];

/** What each measures and its variants, in plain words for --help. */
export const suiteSentences: Readonly<Record<SuiteName, string>> = {
  matmul:
    'f32 matrix products: squares, and the layers of the presets. Variants are layouts: nt is a linear layer, nn and tn are the gradients of its input and its weight.',
  attention:
    "Forgetting attention at growing lengths, forward alone and with gradients. Variants: dense does every block; paper skips what lies before the paper's threshold; certified stops where a bound for this very input says that the rest weighs less than ε. What deciding costs is in their times.",
  boundary:
    "The search by which the paper's rule finds where each block starts: what pruning costs before it saves anything. One variant: one launch for both indices.",
  pruning:
    'Which blocks each rule keeps on heads that forget at known speeds, and the attention weight that it drops: counts; only the deciding is timed. Variants: paper, certified.',
  training:
    'A whole training step of the presets: loss, gradients, clip, AdamW. Variants: dense, paper, certified, as in attention.',
  decode:
    'One more token of a text, and the bytes that its cache holds. Variants: recompute runs the whole text anew; cache keeps all of it; cache-evict lets go of what is forgotten.',
};
