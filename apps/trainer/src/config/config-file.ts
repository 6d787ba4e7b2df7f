// The configuration file: read for --config, and written into a run's folder to be run again.

import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describeFileError, UsageError } from '@vulpes/cli-kit';
import {
  type ConfigLayer,
  type RunDescription,
  readLayer,
  toConfig,
  writeRunFile,
} from '@vulpes/training';
import { syncedFiles } from '../synced-files.ts';
import { formatConfig } from './format-config.ts';
import { parseYaml } from './yaml.ts';

export const CONFIG_FILE = 'config.yaml';

/** Whoever names a model's weights by mistake should hear of it at once. */
const MAX_BYTES = 2 ** 20;

/** @throws UsageError ArgumentError naming the file, and the key in it */
export async function readConfigFile(path: string): Promise<ConfigLayer> {
  return withFullPaths(readLayer(parseYaml(await readText(path), path) ?? {}, path));
}

/** Others are paths. */
const isTokenizerName = (name: string): boolean => /^(bytes|gpt2|bpe:.*)$/.test(name);

/** Files are named from the working folder; what is kept of them can be read from any. */
export function withFullPaths(layer: ConfigLayer): ConfigLayer {
  if (!layer.data) return layer;
  const { files, tokenizer } = layer.data;
  return {
    ...layer,
    data: {
      ...layer.data,
      ...(files && { files: files.map((file) => resolve(file)) }),
      ...(tokenizer && { tokenizer: isTokenizerName(tokenizer) ? tokenizer : resolve(tokenizer) }),
    },
  };
}

async function readText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) {
      throw new UsageError(
        `--config: expected a configuration in YAML of at most 1 MiB, got ${path} with ${size} bytes.`,
      );
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--config: cannot read ${path}: ${describeFileError(error)}.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`--config: expected a text file in UTF-8, got other bytes in ${path}.`);
  }
}

/** run.json, from which the run is resumed, and config.yaml, with which it is run again. */
export async function writeRunFiles(folder: string, run: RunDescription): Promise<void> {
  await writeRunFile(syncedFiles, folder, run);
  const text = formatConfig(toConfig(run), { help: true });
  await syncedFiles.write(join(folder, CONFIG_FILE), new TextEncoder().encode(text));
}
