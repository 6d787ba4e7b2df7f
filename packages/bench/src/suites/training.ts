// One training step of FoX (Pro) presets: forward, backward, clip and AdamW in one submit; dense, and with adaptive computation pruning.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import { selectBlocks } from '@vulpes/fox-attention';
import { type FoxConfig, foxPreset, type ModelOptions } from '@vulpes/lm-models';
import { type Device, type DeviceCaps, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { disposeResult, type TrainStepResult } from '@vulpes/training';
import { type BenchCase, type Counts, type Dims, dim, type Workload } from '../case.ts';
import { sumBlockCounts } from './block-counts.ts';
import { REMEMBERING_BIAS } from './gate-biases.ts';
import { countCausalBlocks, stepCosts } from './model-costs.ts';
import { RULES, type Rule } from './pruning-rules.ts';
import { checkStep } from './training/reference-step.ts';
import {
  createSizedModel,
  createUpdates,
  type Pruning,
  randomTokens,
  SharedState,
} from './training/state.ts';

/** Of timed runs. 0: AdamW does its work, and the variants, which share their state, all start from the same parameters. */
const LEARNING_RATE = 0;
/** Of the check, so that the parameters move. */
const CHECKED_LEARNING_RATE = 0.01;
const OPTIONS = { weightDecay: 0.1, maxGradNorm: 1 };

const pruningOf = (rule: Rule): Pruning => ({
  logPruningTolerance: rule === 'dense' ? null : DEFAULT_LOG_PRUNING_TOLERANCE,
  pruningMode: rule === 'certified' ? 'certified' : 'paper',
});
const DENSE = pruningOf('dense');
const VARIANTS: Readonly<Record<string, TrainedVariant>> = Object.fromEntries(
  RULES.map((rule) => [rule, { pruning: pruningOf(rule) }]),
);
/** The same in mixed precision, where the adapter has f16. */
const MIXED_VARIANTS: Readonly<Record<string, TrainedVariant>> = Object.fromEntries(
  Object.entries(VARIANTS).map(([name, { pruning }]) => [
    name === 'dense' ? 'mixed' : `mixed-${name}`,
    { pruning, options: { compute: 'f16' } },
  ]),
);
/** What computing again costs, in the cases that may need the memory. */
const CHECKPOINTING_VARIANTS: Readonly<Record<string, TrainedVariant>> = {
  selective: { pruning: DENSE, options: { checkpointing: 'selective' } },
  blocks: { pruning: DENSE, options: { checkpointing: 'blocks' } },
};
/** Tokens of a step from which on memory may be short. */
const MANY_TOKENS = 16384;

const ONE_SEQUENCE = [2048, 4096, 8192, 16384].map((T) => ({ B: 1, T }));
/** Sequences and tokens of a step, by preset. */
const HARDWARE = {
  // The last two are those of the papers' throughput.
  'pro-125m': [...ONE_SEQUENCE, { B: 8, T: 2048 }, { B: 2, T: 16384 }],
  'pro-360m': ONE_SEQUENCE,
  'pro-760m': ONE_SEQUENCE,
};
/** Short enough for 20 steps of each variant. */
const SOFTWARE = { 'pro-nano': [{ B: 1, T: 256 }], 'pro-tiny': [{ B: 1, T: 128 }] };
/**
 * The check runs the preset's layers at a size that the reference can do, wide enough for packed projections, as the timed model has
 * them, and long enough for both rules to prune. Of the heads that
 * forget one is slow: in the others a rule that drops one block too many drops less than f32 can tell.
 */
const GATE = { B: 1, T: 128, layers: 1, hidden: 128, heads: 4, vocab: 128, slowHeads: 1 };

export function trainingSuite(caps: DeviceCaps): BenchCase[] {
  return Object.entries(caps.isSoftware ? SOFTWARE : HARDWARE).flatMap(([preset, sizes]) =>
    sizes.map((size) => trainingCase(preset, size, caps)),
  );
}

function trainingCase(
  preset: string,
  { B, T }: { B: number; T: number },
  caps: DeviceCaps,
): BenchCase {
  const config = foxPreset(preset);
  const shared = new SharedState();
  const { numHiddenLayers: layers, hiddenSize: hidden, numHeads: heads, vocabSize: vocab } = config;
  return {
    suite: 'training',
    op: 'train-step',
    mode: 'step',
    preset,
    dims: { B, T, layers, hidden, heads, vocab },
    checkDims: GATE,
    flops: stepCosts(config, B * T, denseBlocks(config, { B, T }, caps)).flops,
    inputs: `fresh weights, random tokens; gates as of a trained model: of every three heads two forget (bias 0) and one remembers (bias ${REMEMBERING_BIAS}); log ε = ${DEFAULT_LOG_PRUNING_TOLERANCE}`,
    variants: Object.entries({
      ...VARIANTS,
      ...(caps.features.f16 && MIXED_VARIANTS),
      ...(B * T >= MANY_TOKENS && CHECKPOINTING_VARIANTS),
    }).map(([name, variant]) => ({
      name,
      build: (device, dims) => workload(device, dims, { preset, variant, shared }),
    })),
  };
}

interface TrainedVariant {
  readonly pruning: Pruning;
  readonly options?: ModelOptions;
}

interface Trained {
  readonly preset: string;
  readonly variant: TrainedVariant;
  readonly shared: SharedState;
}

function workload(device: Device, dims: Dims, { preset, variant, shared }: Trained): Workload {
  const model = createSizedModel(device, preset, dims, { ...variant.pruning, ...variant.options });
  const tokens = randomTokens(dim(dims, 'B'), dim(dims, 'T'), model.config.vocabSize);
  const { state, release } = shared.take(model, dims);
  const updates = createUpdates(model, state, tokens, OPTIONS);
  return {
    run() {
      const { losses, control } = updates.record(LEARNING_RATE);
      return { loss: losses[0] as Tensor, control };
    },
    expected() {
      const learningRate = CHECKED_LEARNING_RATE;
      const update = () => updates.record(learningRate);
      // After one step the moments are not 0, and what decays them shows.
      disposeResult(update());
      const settings = { ...OPTIONS, learningRate, step: updates.next() };
      return checkStep(model, state, { tokens, settings }, update);
    },
    counts: () => countWork(device, model.config, dims, updates.record(LEARNING_RATE)),
    heldBytes: () => updates.step.byteLength,
    dispose() {
      updates.step.dispose();
      release();
    },
  };
}

async function countWork(
  device: Device,
  config: FoxConfig,
  dims: Dims,
  { losses, control, pruningCounts }: TrainStepResult,
): Promise<Counts> {
  const [B, T] = [dim(dims, 'B'), dim(dims, 'T')];
  const dense = denseBlocks(config, { B, T }, device.caps);
  disposeAll([...losses, control]);
  const counted = await sumBlockCounts(pruningCounts.flat());
  const { keptBlocks, causalBlocks } =
    config.logPruningTolerance === null
      ? { keptBlocks: dense.keptBlocks, causalBlocks: dense.keptBlocks }
      : counted;
  return { ...stepCosts(config, B * T, { ...dense, keptBlocks }), keptBlocks, causalBlocks };
}

function denseBlocks(config: FoxConfig, { B, T }: { B: number; T: number }, caps: DeviceCaps) {
  const blocks = selectBlocks({ keyLen: T }, caps);
  return { blocks, keptBlocks: countCausalBlocks(config, { batch: B, seqLen: T, blocks }) };
}
