// Loading a Hugging Face folder: config.json with model.safetensors, or with shards and their index.

import { CheckpointError, describeValue, parseJson, shorten } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config/config.ts';
import { foxConfigFromJson } from '../config/config-json.ts';
import { checkWeights, type HostWeights, hostWeights } from '../parameters/host-weights.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import {
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
} from '../safetensors/index.ts';
import { type FileSystem, joinPath, readBytes, readText } from './file-system.ts';
import { checkHashes, withoutHashes } from './tensor-hashes.ts';

export const CONFIG_FILE = 'config.json' as const;
export const WEIGHTS_FILE = 'model.safetensors' as const;
export const INDEX_FILE = 'model.safetensors.index.json';

export interface ModelFolder {
  readonly config: FoxConfig;
  /** f32, by official name; exactly the parameters that the configuration asks for. */
  readonly weights: HostWeights;
  /** The safetensors metadata, of the first shard where there are several, without the hashes. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads and checks a model folder.
 * @throws CheckpointError where a file is missing or damaged, or weights and configuration do not fit.
 */
export async function loadModelFolder(fs: FileSystem, directory: string): Promise<ModelFolder> {
  const configPath = joinPath(directory, CONFIG_FILE);
  const config = foxConfigFromJson(await readText(fs, directory, CONFIG_FILE), configPath);
  const { source, tensors, metadata } = await readTensors(fs, directory);
  const specs = parameterSpecs(config);
  // Tied models of the transformers library may carry the shared matrix twice.
  const ignored = config.tieWordEmbeddings ? ['lm_head.weight'] : [];
  checkWeights(specs, tensors, { source, ignored });
  return { config, weights: hostWeights(specs, tensors, source), metadata };
}

interface Tensors {
  readonly source: string;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

async function readTensors(fs: FileSystem, directory: string): Promise<Tensors> {
  const isSharded =
    !(await fs.exists(joinPath(directory, WEIGHTS_FILE))) &&
    (await fs.exists(joinPath(directory, INDEX_FILE)));
  if (isSharded) return readShards(fs, directory);
  const source = joinPath(directory, WEIGHTS_FILE);
  return { source, ...(await readFile(fs, directory, WEIGHTS_FILE)) };
}

/** One file of weights; its metadata without the hashes that were checked. */
async function readFile(fs: FileSystem, directory: string, name: string): Promise<SafetensorsFile> {
  const source = joinPath(directory, name);
  const { tensors, metadata } = readSafetensors(await readBytes(fs, directory, name), source);
  await checkHashes(tensors, metadata, source);
  return { tensors, metadata: withoutHashes(metadata) };
}

async function readShards(fs: FileSystem, directory: string): Promise<Tensors> {
  const source = joinPath(directory, INDEX_FILE);
  const weightMap = parseWeightMap(await readText(fs, directory, INDEX_FILE), source);
  const tensors = new Map<string, SafetensorsTensor>();
  let metadata: Readonly<Record<string, string>> | undefined;
  for (const shard of [...new Set(weightMap.values())].sort()) {
    const path = joinPath(directory, shard);
    const file = await readFile(fs, directory, shard);
    metadata ??= file.metadata;
    for (const [name, tensor] of file.tensors) {
      if (weightMap.get(name) !== shard) {
        throw new CheckpointError(
          `${path}: expected only the tensors that ${INDEX_FILE} places here, got ${shorten(name)}, which it places in ${weightMap.get(name) ?? 'no shard'}.`,
        );
      }
      tensors.set(name, tensor);
    }
  }
  checkShards(weightMap, tensors, source);
  return { source, tensors, metadata: metadata ?? {} };
}

function checkShards(
  weightMap: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  source: string,
): void {
  for (const [name, shard] of weightMap) {
    if (tensors.has(name)) continue;
    throw new CheckpointError(
      `${source}: expected tensor ${shorten(name)} in ${shorten(shard)}, which lacks it.`,
    );
  }
}

/** `{ "weight_map": { "tensor name": "shard file" } }`; a shard must lie in the folder itself. */
function parseWeightMap(text: string, source: string): Map<string, string> {
  const json = parseJson(text, source) as { weight_map?: unknown } | null;
  const map = json?.weight_map;
  if (typeof map !== 'object' || map === null || Object.keys(map).length === 0) {
    throw new CheckpointError(`${source}: expected a weight_map from tensor names to shard files.`);
  }
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard === 'string' && /^[^/\\]+\.safetensors$/.test(shard)) continue;
    throw new CheckpointError(
      `${source}: expected the shard of ${shorten(name)} to be a .safetensors file of the same folder, got ${describeValue(shard)}.`,
    );
  }
  return new Map(Object.entries(map as Record<string, string>));
}
