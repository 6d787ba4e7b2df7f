// Weights to compute with: a checkpoint's are checked against its marker first.

import {
  type FileSystem,
  loadModelFolder,
  type ModelFolder,
  memoryFileSystem,
} from '@vulpes/lm-models';
import { CheckpointError } from '@vulpes/tensor-core';
import { joinPath } from '../files.ts';
import { MARKER_FILE, readCheckpoint } from './checkpoint-folder.ts';

const MODEL_FILES = ['config.json', 'model.safetensors'];

/**
 * The model of a checkpoint, or of any other model folder. Where a checkpoint's marker lies beside the weights, configuration and
 * weights have to be what it says. All weights have to be numbers.
 * @throws CheckpointError naming the file that is missing, damaged or does not fit, or the tensor that holds no numbers
 */
export async function loadCheckedModel(files: FileSystem, folder: string): Promise<ModelFolder> {
  const model = await load(files, folder);
  for (const [name, { data }] of Object.entries(model.weights)) {
    const place = data.findIndex((value) => !Number.isFinite(value));
    if (place < 0) continue;
    throw new CheckpointError(
      `${folder}: expected finite numbers in tensor ${name}, got ${data[place]} at element ${place}. The training that made it diverged, or the file is damaged: use an earlier checkpoint.`,
    );
  }
  return model;
}

async function load(files: FileSystem, folder: string): Promise<ModelFolder> {
  const base = folder.replace(/(?<=.)\/+$/, '');
  if (!(await files.exists(joinPath(base, MARKER_FILE)))) return loadModelFolder(files, base);
  const read = async (path: string) => Uint8Array.from(await files.readFile(path));
  const contents = await readCheckpoint({ read }, base, { only: MODEL_FILES });
  const named = Object.entries(contents).map(([name, bytes]) => [joinPath(base, name), bytes]);
  return loadModelFolder(memoryFileSystem(Object.fromEntries(named)), base);
}
