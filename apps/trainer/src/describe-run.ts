// What a run is about to do, in lines: for its start and for --dry-run.

import { formatBytes, formatCount, formatInteger } from '@vulpes/cli-kit';
import type { Corpus, Tokenizer } from '@vulpes/data';
import { type FoxConfig, getHeadDim, getIntermediateSize } from '@vulpes/lm-models';
import type { DeviceCaps } from '@vulpes/tensor-core';
import {
  type DataSource,
  estimateRun,
  type RunDescription,
  type RunEstimate,
  type RunMemory,
  type TrainSettings,
  toConfig,
} from '@vulpes/training';
import { configLines } from './config/format-config.ts';
import { describeSource } from './corpus-source.ts';
import { checkpointBytes } from './fit.ts';
import { describePruning } from './pruning-choice.ts';

/** Lines that every run begins with, the adapter apart. */
export function startLines(run: RunDescription, corpus: Corpus): string[] {
  const estimate = estimateRun(run.model, run.settings);
  return [
    corpusLine(run.data, corpus),
    modelLine(run, corpus, estimate),
    recipeLine(run.settings, estimate),
    'Configuration:',
    ...configLines(toConfig(run)),
  ];
}

function corpusLine(data: DataSource, { train, heldOut, tokenizer }: Corpus): string {
  const unit = tokenizer.name === 'bytes' ? 'bytes' : `tokens (${tokenizer.name})`;
  return `Corpus: ${describeSource(data)}; ${formatInteger(train.length)} ${unit} to train on, ${formatInteger(heldOut.length)} from all over the text held out`;
}

function modelLine(
  { preset, model }: RunDescription,
  { tokenizer }: Corpus,
  estimate: RunEstimate,
): string {
  const pruning =
    model.logPruningTolerance === null
      ? 'dense attention, no pruning'
      : `pruning at ${describePruning(model)}`;
  return `Model:  ${describeModel(model, tokenizer)} (preset ${preset}), ${formatInteger(estimate.parameters)} parameters, ${pruning}`;
}

function describeModel(model: FoxConfig, { name }: Tokenizer): string {
  const isPro = model.useOutputGate && model.qkNorm;
  const kind = model.fgateType === 'none' ? 'Transformer' : `FoX (${isPro ? 'Pro' : 'LLaMA'})`;
  const tokens = name === 'bytes' ? name : `${formatInteger(model.vocabSize)} tokens`;
  return `${kind} on ${tokens}, ${model.numHiddenLayers} layers of ${model.hiddenSize}, ${model.numHeads} heads of ${getHeadDim(model)}`;
}

function recipeLine(settings: TrainSettings, estimate: RunEstimate): string {
  const { steps, contextLength, batchSize, accumulate, learningRate, warmupSteps } = settings;
  const batches = accumulate > 1 ? `${batchSize} × ${accumulate}` : `${batchSize}`;
  return `Recipe: ${formatInteger(steps)} steps of ${batches} sequences of ${contextLength} (${formatCount(estimate.totalTokens)} tokens in all), learning rate ${learningRate} (warm-up ${warmupSteps} steps), seed ${settings.seed}`;
}

/** Estimated; WebGPU does not tell how much there is. */
export const memoryLine = ({ totalBytes, weightBytes }: RunMemory): string =>
  `Memory: about ${formatBytes(totalBytes)} on the device, ${formatBytes(weightBytes)} of it weights`;

/** All that can be said without running. */
export function dryRunLines(
  run: RunDescription,
  corpus: Corpus,
  { memory, caps }: { memory: RunMemory; caps: DeviceCaps },
): string[] {
  const estimate = estimateRun(run.model, run.settings);
  return [
    ...startLines(run, corpus),
    '',
    `Parameters          ${formatInteger(estimate.parameters)} (${formatInteger(estimate.nonEmbeddingParameters)} without the input embedding)`,
    `MLP width           ${getIntermediateSize(run.model)}`,
    `Epochs              ${(estimate.totalTokens / corpus.train.length).toFixed(2)}`,
    '',
    `Memory              ${formatBytes(memory.totalBytes)}`,
    `  weights           ${formatBytes(memory.weightBytes)}`,
    `  gradients         ${formatBytes(memory.gradientBytes)}`,
    `  optimizer         ${formatBytes(memory.optimizerBytes)}`,
    `  step              ${formatBytes(memory.stepBytes)}, activations of one micro batch and what they are computed with`,
    `  a checkpoint      ${formatBytes(checkpointBytes(memory))} on disk`,
    `  largest binding   ${formatBytes(memory.largestBinding.byteLength)} (${memory.largestBinding.label}) of ${formatBytes(caps.limits.maxStorageBufferBindingSize)} that the device binds`,
    '',
    `Launches            ${formatInteger(memory.dispatches)} an update`,
    `Arithmetic          ${formatCount(estimate.flopsPerToken.total)}FLOP a trained token, ${formatCount(estimate.totalFlops)}FLOP in all (dense attention)`,
    ...flopsLines(estimate),
  ];
}

function flopsLines({ flopsPerToken }: RunEstimate): string[] {
  const { total, ...parts } = flopsPerToken;
  return Object.entries(parts).map(
    ([name, flops]) => `  ${name.padEnd(17)} ${((100 * flops) / total).toFixed(1)}%`,
  );
}
