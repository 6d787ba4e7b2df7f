// `sample`: text from a run's newest checkpoint, or from any model folder.

import { readFile, stat, writeFile } from 'node:fs/promises';
import { createModel, type FileSystem, loadModelFolder } from '@vulpes/lm-models';
import { byteTokenizer, joinPath, listCheckpoints } from '@vulpes/training';
import { nodeFiles } from './node-files.ts';
import { openDevice } from './open-device.ts';
import type { SampleOptions } from './options.ts';
import type { Output } from './progress.ts';
import { UsageError } from './usage-error.ts';
import { sampleText } from './write-sample.ts';

/** @throws UsageError CheckpointError */
export async function sample(path: string, options: SampleOptions, output: Output): Promise<void> {
  const folder = await modelFolderOf(path);
  const { config, weights } = await loadModelFolder(fileSystem, folder);
  if (config.vocabSize < byteTokenizer.vocabSize) {
    throw new UsageError(
      `sample: ${folder} holds a model with ${config.vocabSize} tokens; expected one on bytes, with at least 256.`,
    );
  }
  const device = await openDevice(options.adapter);
  try {
    const model = createModel(config, device);
    const { prompt, sampleTokens: tokens, temperature, seed } = options;
    const topK = options.topK === 'off' ? null : options.topK;
    const params = model.upload(weights);
    const text = await sampleText(model, params, { prompt, tokens, temperature, topK, seed });
    output.write(`${text}\n`);
  } finally {
    device.dispose();
  }
}

/** A run's newest checkpoint, or the folder itself. */
async function modelFolderOf(path: string): Promise<string> {
  if (await exists(joinPath(path, 'config.json'))) return path;
  const newest = (await listCheckpoints(nodeFiles, path)).at(-1);
  if (newest) return newest.folder;
  throw new UsageError(
    `sample: ${path} is neither a run with a checkpoint nor a folder with config.json and model.safetensors.`,
  );
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const fileSystem: FileSystem = {
  readFile: (path) => readFile(path),
  writeFile: (path, bytes) => writeFile(path, bytes),
  exists,
  list: (folder) => nodeFiles.list(folder),
};
