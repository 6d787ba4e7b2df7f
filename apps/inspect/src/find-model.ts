// The command's argument: a model folder, or a run of the trainer with a checkpoint.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { getFileSize, nodeFiles, UsageError } from '@vulpes/cli-kit';
import { type DataSource, listCheckpoints, RUN_FILE, readRunFile } from '@vulpes/training';

export interface FoundModel {
  /** Holds config.json and model.safetensors. */
  readonly folder: string;
  /** What the run trained on; null for a model folder. */
  readonly run: RunText | null;
}

export interface RunText {
  readonly contextLength: number;
  /** What it was trained on, and how that was read. */
  readonly data: DataSource;
}

const checkpointFiles = {
  list: (folder: string) => nodeFiles.list(folder).catch(() => []),
  size: getFileSize,
};

/** @throws UsageError CheckpointError */
export async function findModel(path: string): Promise<FoundModel> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => null,
  );
  if (isFolder === null) throw new UsageError(`inspect: there is no folder ${path}.`);
  if (!isFolder) {
    throw new UsageError(`inspect: ${path} is a file; name the folder of a model or of a run.`);
  }
  if (await nodeFiles.exists(join(path, 'config.json'))) return { folder: path, run: null };
  const newest = (await listCheckpoints(checkpointFiles, path)).at(-1);
  if (newest) return { folder: newest.folder, run: await readRun(path) };
  throw new UsageError(
    `inspect: ${path} is neither a run with a checkpoint nor a folder with config.json and model.safetensors.`,
  );
}

async function readRun(folder: string): Promise<RunText> {
  const run = await readRunFile({ read: nodeFiles.readFile, size: getFileSize }, folder);
  if (run === null) {
    throw new UsageError(
      `inspect: ${folder} has checkpoints but no ${RUN_FILE}; name one of its checkpoint folders.`,
    );
  }
  const { data, settings } = run;
  return { contextLength: settings.contextLength, data };
}
