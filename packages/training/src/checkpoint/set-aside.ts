// A run that is taken back to an earlier checkpoint keeps the later ones, out of its way, until it has saved beyond them.

import { type Files, joinPath } from '../files.ts';
import { METRICS_FILE } from '../metrics-log.ts';
import {
  type CheckpointLocation,
  checkpointFolder,
  listCheckpoints,
  listSetAside,
} from './checkpoint-folder.ts';

/**
 * Renames the checkpoints after `step`, each with a copy of the metrics log as it is. The newest goes first, so that a kill in
 * between leaves a run that can go on.
 * @returns where they were
 */
export async function setAsideLater(
  files: Files,
  runFolder: string,
  step: number,
): Promise<CheckpointLocation[]> {
  const later = (await listCheckpoints(files, runFolder)).filter((one) => one.step > step);
  const log = joinPath(runFolder, METRICS_FILE);
  const hasLog = later.length > 0 && (await files.size(log)) !== null;
  for (const { step, folder } of later.toReversed()) {
    if (hasLog) await files.write(joinPath(folder, METRICS_FILE), await files.read(log));
    await files.remove(setAsideFolder(runFolder, step));
    await files.rename(folder, setAsideFolder(runFolder, step));
  }
  return later;
}

/** Puts a checkpoint that was set aside back in its place, and the metrics log with it; null where there is none of the step. */
export async function restoreSetAside(
  files: Files,
  runFolder: string,
  step: number,
): Promise<CheckpointLocation | null> {
  const found = (await listSetAside(files, runFolder)).find((one) => one.step === step);
  if (!found) return null;
  const log = joinPath(found.folder, METRICS_FILE);
  if ((await files.size(log)) !== null) await files.rename(log, joinPath(runFolder, METRICS_FILE));
  const folder = checkpointFolder(runFolder, step);
  await files.rename(found.folder, folder);
  return { step, folder };
}

const setAsideFolder = (runFolder: string, step: number): string =>
  checkpointFolder(runFolder, step).replace(/step-\d+$/, 'replaced-$&');
