// Run folders on disk: a new one for a new run, or the one that --resume names.

import { readdir } from 'node:fs/promises';
import nodePath, { basename, type PlatformPath } from 'node:path';
import { UsageError } from '@vulpes/cli-kit';
import {
  type CheckpointLocation,
  cleanLeftovers,
  listCheckpoints,
  listSetAside,
  RUN_FILE,
  type RunDescription,
  readRunFile,
  restoreSetAside,
} from '@vulpes/training';
import { writeRunFiles } from './config/config-file.ts';
import { isLockFile, type RunLock } from './run-lock.ts';
import { syncedFiles } from './synced-files.ts';

/** A name that is free, in the manner of `nameRunFolder`. */
export async function freeRunFolder(preset: string, now = new Date()): Promise<string> {
  const name = nameRunFolder(preset, now);
  for (let number = 1; ; number++) {
    const folder = number === 1 ? name : `${name}-${number}`;
    if ((await syncedFiles.size(folder)) === null) return folder;
  }
}

/** `runs/2026-11-24-231500-default` */
export function nameRunFolder(preset: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('');
  return `runs/${date}-${time}-${preset}`;
}

/** Makes the folder of a new run and takes its lock. @throws UsageError when the folder holds something already, or cannot be made */
export async function createRunFolder(
  folder: string,
  run: RunDescription,
  lock: RunLock,
): Promise<void> {
  await assertNewRunFolder(folder);
  await syncedFiles.makeFolder(folder);
  await lock.take(folder);
  await assertNewRunFolder(folder); // another one may have come between
  await writeRunFiles(folder, run);
}

/** @throws UsageError when the folder holds something already, or cannot be looked into */
export async function assertNewRunFolder(folder: string): Promise<void> {
  const leftover = `${RUN_FILE}.writing`; // of a start that was killed before it began
  const names = (await listNames(folder)).filter((name) => !isLockFile(name));
  if (names.includes(RUN_FILE)) {
    throw new UsageError(
      `--out: ${folder} holds a run already. Continue it with --resume ${folder}, or choose another folder.`,
    );
  }
  if (names.some((name) => name !== leftover)) {
    throw new UsageError(`--out: ${folder} is not empty. Choose a new folder.`);
  }
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    const reason = code === 'ENOTDIR' ? 'it is a file' : (error as Error).message;
    throw new UsageError(`--out: cannot use ${folder}: ${reason}. Choose a new folder.`);
  }
}

export interface ResumableRun {
  readonly folder: string;
  readonly run: RunDescription;
  /** null when the run was killed before its first checkpoint: it starts again. */
  readonly checkpoint: CheckpointLocation | null;
}

/**
 * Finds what `--resume` names: a run's folder (its newest checkpoint), or one checkpoint of it.
 * @param options - clean: end what a killed trainer began; only for the process that has the run's lock. asked: what named the path, for messages
 * @throws UsageError CheckpointError
 */
export async function findRun(
  path: string,
  { clean, asked = '--resume' }: { clean: boolean; asked?: string },
): Promise<ResumableRun> {
  const { folder, checkpoint: name } = splitRunPath(path);
  const run = await readRunFile(syncedFiles, folder);
  if (run === null) {
    throw new UsageError(
      `${asked}: ${folder} is no run of the trainer (it has no ${RUN_FILE}). Name the folder that --out gave.`,
    );
  }
  if (clean) await cleanLeftovers(syncedFiles, folder);
  const all = await listCheckpoints(syncedFiles, folder);
  if (name === null) return { folder, run, checkpoint: all.at(-1) ?? null };
  const checkpoint =
    all.find((one) => basename(one.folder) === name) ??
    (await findSetAside(folder, Number(/\d+$/.exec(name)?.[0]), { clean }));
  if (checkpoint) return { folder, run, checkpoint };
  throw new UsageError(
    `${asked}: ${path} is no complete checkpoint. The run has ${all.map((one) => one.folder).join(', ') || 'none'}.`,
  );
}

/** A checkpoint that the run left behind when it went back; to be gone on from it comes back to its place. */
async function findSetAside(
  folder: string,
  step: number,
  { clean }: { clean: boolean },
): Promise<CheckpointLocation | null> {
  if (clean) return restoreSetAside(syncedFiles, folder, step);
  const found = (await listSetAside(syncedFiles, folder)).find((one) => one.step === step);
  return found ?? null;
}

/** The run's folder and the checkpoint in it that a path names, if it does. @param paths - of the platform */
export function splitRunPath(
  path: string,
  { basename, dirname, join }: Pick<PlatformPath, 'basename' | 'dirname' | 'join'> = nodePath,
): { folder: string; checkpoint: string | null } {
  const name = basename(path);
  const parent = dirname(path);
  if (/^(replaced-)?step-\d+$/.test(name) && basename(parent) === 'checkpoints')
    return { folder: dirname(parent), checkpoint: name };
  return { folder: join(parent, name), checkpoint: null }; // without a separator at its end
}
