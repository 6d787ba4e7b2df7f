// Saving a model as a Hugging Face folder that the official code reads.

import type { FoxConfig } from '../config/config.ts';
import { foxConfigToJson } from '../config/config-json.ts';
import { checkWeights, type HostWeights } from '../parameters/host-weights.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import { writeSafetensors } from '../safetensors/index.ts';
import { type FileSystem, joinPath } from './file-system.ts';
import { CONFIG_FILE, WEIGHTS_FILE } from './load-folder.ts';
import { hashesOf } from './tensor-hashes.ts';

export interface ModelToSave {
  readonly config: FoxConfig;
  readonly weights: HostWeights;
  /** Strings kept in the weights file, beside the `format: pt` that the transformers library wants. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The files of a model folder, by name: `model.safetensors` (f32, with a hash of each tensor) and `config.json`.
 * @throws CheckpointError where the weights do not fit the configuration.
 */
export async function encodeModelFiles({
  config,
  weights,
  metadata = {},
}: ModelToSave): Promise<
  Record<typeof CONFIG_FILE | typeof WEIGHTS_FILE, Uint8Array<ArrayBuffer>>
> {
  checkWeights(parameterSpecs(config), new Map(Object.entries(weights)), {
    source: 'model to save',
  });
  const hashes = await hashesOf(weights);
  return {
    [WEIGHTS_FILE]: writeSafetensors(weights, { format: 'pt', ...metadata, ...hashes }),
    [CONFIG_FILE]: new TextEncoder().encode(foxConfigToJson(config)),
  };
}

/**
 * Writes the files of a model into a folder, which must exist.
 * @throws CheckpointError where the weights do not fit the configuration; nothing is written then.
 */
export async function saveModelFolder(
  fs: FileSystem,
  directory: string,
  model: ModelToSave,
): Promise<void> {
  for (const [name, bytes] of Object.entries(await encodeModelFiles(model))) {
    await fs.writeFile(joinPath(directory, name), bytes);
  }
}
