// `sample`: text from a run's newest checkpoint, or from any model folder.

import { join } from 'node:path';
import {
  addHints,
  formatBytes,
  formatInteger,
  formatPercent,
  nodeFiles,
  type Output,
  toPrintable,
  UsageError,
} from '@vulpes/cli-kit';
import { openModelTokenizer } from '@vulpes/data/node';
import { type CacheUsage, createModel } from '@vulpes/lm-models';
import { createDevice } from '@vulpes/tensor-core';
import { listCheckpoints, loadCheckedModel } from '@vulpes/training';
import type { SampleOptions } from './options.ts';
import { describeLastGood, findLastGood } from './report.ts';
import { splitRunPath } from './run-folder.ts';
import { syncedFiles } from './synced-files.ts';
import { sampleText } from './write-sample.ts';

export interface SampleOutput {
  /** The text, and nothing else. */
  readonly text: Output;
  /** What the cache held, and how fast it went. */
  readonly notes: Output;
}

/** @throws UsageError CheckpointError */
export async function sample(
  path: string,
  options: SampleOptions,
  output: SampleOutput,
): Promise<void> {
  const folder = await findModelFolder(path);
  const { config, weights } = await loadOrHint(folder, path);
  const tokenizer = await openModelTokenizer(folder, config.vocabSize);
  const device = await createDevice({ adapter: options.adapter });
  try {
    const model = createModel(config, device);
    const { prompt, sampleTokens: tokens, temperature, seed, evict } = options;
    const topK = options.topK === 'off' ? null : options.topK;
    const params = model.upload(weights);
    let usage: CacheUsage | null = null;
    const onCache = (latest: CacheUsage) => {
      usage = latest;
    };
    const onText = (text: string) =>
      void output.text.write(output.text.isTTY ? toPrintable(text) : text);
    const request = { tokenizer, prompt, tokens, temperature, topK, seed, evict, onCache, onText };
    const start = performance.now();
    await sampleText(model, params, request);
    output.text.write('\n');
    const perSecond = (1000 * tokens) / (performance.now() - start);
    const unit = tokenizer.name === 'bytes' ? 'bytes' : 'tokens';
    if (usage) output.notes.write(`${usageLines(usage, perSecond, unit).join('\n')}\n`);
  } finally {
    device.dispose();
  }
}

/** `cache: 1.20 MiB of 4.10 MiB kept (29%) after 4,099 bytes of text, 1.31 MiB (32%) at its peak; 53 bytes a second` */
export function usageLines(
  { length, keptBytes, peakBytes, fullBytes, notes }: CacheUsage,
  perSecond: number,
  unit: 'bytes' | 'tokens' = 'bytes',
): string[] {
  const share = (bytes: number) => formatPercent(bytes / fullBytes);
  const kept = `${formatBytes(keptBytes)} of ${formatBytes(fullBytes)} kept (${share(keptBytes)})`;
  const peak = `${formatBytes(peakBytes)} (${share(peakBytes)}) at its peak`;
  const speed = `${formatInteger(perSecond)} ${unit} a second`;
  return [
    `cache: ${kept} after ${formatInteger(length)} ${unit} of text, ${peak}; ${speed}`,
    ...notes,
  ];
}

/** Where a run's newest checkpoint is damaged, the error is followed by the newest one that is not. */
async function loadOrHint(folder: string, path: string) {
  try {
    return await loadCheckedModel(nodeFiles, folder);
  } catch (error) {
    const good = await findLastGood(splitRunPath(path).folder);
    if (good) addHints(error, [describeLastGood(good)]);
    throw error;
  }
}

/** A run's newest checkpoint, or the folder itself. */
async function findModelFolder(path: string): Promise<string> {
  if (await nodeFiles.exists(join(path, 'config.json'))) return path;
  const newest = (await listCheckpoints(syncedFiles, path)).at(-1);
  if (newest) return newest.folder;
  throw new UsageError(
    `sample: ${path} is neither a run with a checkpoint nor a folder with config.json and model.safetensors.`,
  );
}
