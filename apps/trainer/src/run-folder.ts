// A run's folder: run.json says what was asked for, metrics.jsonl what happened, checkpoints/ where it stands.

import { readdir } from 'node:fs/promises';
import nodePath, { basename, type PlatformPath } from 'node:path';
import { type FoxConfig, foxConfigFromJson, foxConfigToJson } from '@vulpes/lm-models';
import { CheckpointError, type DeviceCaps } from '@vulpes/tensor-core';
import {
  asRecord,
  type CheckpointLocation,
  cleanLeftovers,
  decodeSettings,
  encodeJson,
  encodeText,
  type JsonRecord,
  joinPath,
  listCheckpoints,
  parseJsonRecord,
  replaceFile,
  stringField,
  type TrainSettings,
} from '@vulpes/training';
import type { DataSource } from './corpus-source.ts';
import { nodeFiles } from './node-files.ts';
import { UsageError } from './usage-error.ts';

export const RUN_FILE = 'run.json';
const FORMAT = 'vulpes-run-1';

export interface RunDescription {
  readonly preset: string;
  readonly model: FoxConfig;
  readonly settings: TrainSettings;
  readonly data: DataSource;
}

/** `runs/2026-11-24-231500-default` */
export function defaultRunFolder(preset: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('');
  return `runs/${date}-${time}-${preset}`;
}

/** @throws UsageError when the folder holds something already */
export async function createRunFolder(folder: string, run: RunDescription): Promise<void> {
  const leftover = `${RUN_FILE}.writing`; // of a start that was killed before it began
  const names = await namesIn(folder);
  if (names.includes(RUN_FILE)) {
    throw new UsageError(
      `--out: ${folder} holds a run already; go on with it by --resume ${folder}, or choose another folder.`,
    );
  }
  if (names.some((name) => name !== leftover)) {
    throw new UsageError(`--out: ${folder} is not empty; choose a new folder.`);
  }
  await nodeFiles.makeFolder(folder);
  await writeRunFile(folder, run);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    const reason = code === 'ENOTDIR' ? 'it is a file' : (error as Error).message;
    throw new UsageError(`--out: cannot use ${folder}: ${reason}; choose a new folder.`);
  }
}

export async function writeRunFile(folder: string, run: RunDescription): Promise<void> {
  const { preset, settings, data } = run;
  const model = JSON.parse(foxConfigToJson(run.model)) as JsonRecord;
  const bytes = encodeJson({ format: FORMAT, preset, settings, data, model });
  await replaceFile(nodeFiles, joinPath(folder, RUN_FILE), bytes);
}

/** What the run computes on: adapter and why, kernel family, features, limits; of the latest sitting. */
export async function writeDeviceFile(folder: string, caps: DeviceCaps): Promise<void> {
  const bytes = encodeJson(JSON.parse(JSON.stringify(caps)) as JsonRecord);
  await replaceFile(nodeFiles, joinPath(folder, 'device.json'), bytes);
}

export interface ResumableRun {
  readonly folder: string;
  readonly run: RunDescription;
  /** null when the run was killed before its first checkpoint: it starts again. */
  readonly checkpoint: CheckpointLocation | null;
}

/**
 * Finds what `--resume` names: a run's folder (its newest checkpoint), or one checkpoint of it.
 * @param options - clean: end what a killed trainer began; only for the one who holds the run's lock
 * @throws UsageError CheckpointError
 */
export async function findRun(path: string, { clean }: { clean: boolean }): Promise<ResumableRun> {
  const { folder, checkpoint: name } = splitRunPath(path);
  const run = await readRunFile(folder);
  if (clean) await cleanLeftovers(nodeFiles, folder);
  const all = await listCheckpoints(nodeFiles, folder);
  if (name === null) return { folder, run, checkpoint: all.at(-1) ?? null };
  const checkpoint = all.find((one) => basename(one.folder) === name);
  if (checkpoint) return { folder, run, checkpoint };
  throw new UsageError(
    `--resume: ${path} is no complete checkpoint; the run has ${all.map((one) => one.folder).join(', ') || 'none'}.`,
  );
}

/** The run's folder and the checkpoint in it that a path names, if it does. @param paths - of the platform */
export function splitRunPath(
  path: string,
  { basename, dirname, join }: Pick<PlatformPath, 'basename' | 'dirname' | 'join'> = nodePath,
): { folder: string; checkpoint: string | null } {
  const name = basename(path);
  const parent = dirname(path);
  if (/^step-\d+$/.test(name) && basename(parent) === 'checkpoints')
    return { folder: dirname(parent), checkpoint: name };
  return { folder: join(parent, name), checkpoint: null }; // without a separator at its end
}

async function readRunFile(folder: string): Promise<RunDescription> {
  const path = joinPath(folder, RUN_FILE);
  if ((await nodeFiles.size(path)) === null) {
    throw new UsageError(
      `--resume: ${folder} is no run of the trainer (it has no ${RUN_FILE}); name the folder that --out gave.`,
    );
  }
  const record = parseJsonRecord(await nodeFiles.read(path), path);
  if (record.format !== FORMAT) {
    throw new CheckpointError(
      `${path}: expected format ${FORMAT}, got ${JSON.stringify(record.format)}. It was written by another version.`,
    );
  }
  return {
    preset: stringField(record, 'preset', path),
    settings: decodeSettings(record.settings, path),
    data: decodeData(record.data, path),
    model: foxConfigFromJson(JSON.stringify(record.model), `${path}, field "model"`),
  };
}

function decodeData(value: unknown, path: string): DataSource {
  const record = asRecord(value, `${path}, field "data"`);
  const files = record.files;
  if (record.kind === 'bundled') return { kind: 'bundled' };
  if (
    record.kind === 'files' &&
    Array.isArray(files) &&
    files.every((f) => typeof f === 'string')
  ) {
    return { kind: 'files', files };
  }
  throw new CheckpointError(
    `${path}, field "data": expected bundled text or a list of files, got ${JSON.stringify(value)}. Restore the file.`,
  );
}

export const writeText = (path: string, text: string): Promise<void> =>
  nodeFiles.write(path, encodeText(text));
