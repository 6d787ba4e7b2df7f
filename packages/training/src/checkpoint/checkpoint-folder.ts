// A checkpoint is a folder that appears whole or not at all: files first, a marker with their sizes and hashes last, then a rename.

import { CheckpointError, parseJson, shorten } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { encodeJson, type Files, joinPath, replaceFile } from '../files.ts';
import { sha256Hex } from '../hash.ts';
import { countOrZero, text } from '../schema.ts';

/** Written last: where it is, every other file is complete. It lists their sizes and hashes. */
export const MARKER_FILE = 'checkpoint.json';
const FORMAT = 'vulpes-checkpoint-1';
const FOLDER_NAME = /^step-(\d{8,})$/;
const SET_ASIDE_NAME = /^replaced-step-(\d{8,})$/;
const SCRATCH_NAME = /^\.writing-(\d+)$/;

/** Names of files in the folder itself, at least one. */
const markerSchema = v.object({
  format: v.literal(FORMAT),
  files: v.pipe(
    v.record(
      v.pipe(v.string(), v.regex(/^\w[\w.-]*$/)),
      v.object({ bytes: countOrZero, sha256: text }),
    ),
    v.check((files) => !Array.isArray(files) && Object.keys(files).length > 0),
  ),
});
type Marker = v.InferOutput<typeof markerSchema>;

export type CheckpointContents = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

export interface CheckpointLocation {
  readonly step: number;
  readonly folder: string;
}

const checkpointsFolder = (runFolder: string): string => joinPath(runFolder, 'checkpoints');

export const checkpointFolder = (runFolder: string, step: number): string =>
  joinPath(checkpointsFolder(runFolder), `step-${String(step).padStart(8, '0')}`);

/**
 * Writes one checkpoint, then drops all but the `keep` newest. A kill at any moment leaves the earlier ones untouched.
 * Checkpoints of later steps are dropped too: the run was taken back to before them, so they no longer belong to it.
 * Those that were set aside go when the run has passed them.
 */
export async function writeCheckpoint(
  files: Files,
  runFolder: string,
  { step, contents, keep }: { step: number; contents: CheckpointContents; keep: number },
): Promise<CheckpointLocation> {
  const folder = checkpointFolder(runFolder, step);
  const scratch = joinPath(checkpointsFolder(runFolder), `.writing-${step}`);
  await files.remove(scratch);
  try {
    await writeInto(files, scratch, contents);
  } catch (error) {
    // What is half written would only fill a disk that may be full already.
    await files.remove(scratch).catch(() => {});
    throw error;
  }
  await discard(files, runFolder, folder);
  await files.rename(scratch, folder);
  await dropOthers(files, runFolder, { step, keep });
  return { step, folder };
}

async function writeInto(
  files: Files,
  folder: string,
  contents: CheckpointContents,
): Promise<void> {
  await files.makeFolder(folder);
  for (const [name, bytes] of Object.entries(contents)) {
    await files.write(joinPath(folder, name), bytes);
  }
  await replaceFile(files, joinPath(folder, MARKER_FILE), encodeJson(await makeMarker(contents)));
}

async function makeMarker(contents: CheckpointContents): Promise<Marker> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const [name, bytes] of Object.entries(contents)) {
    files[name] = { bytes: bytes.length, sha256: await sha256Hex(bytes) };
  }
  return { format: FORMAT, files };
}

/** Out of sight by a rename first, so that a kill while deleting leaves no half checkpoint. */
async function discard(files: Files, runFolder: string, folder: string): Promise<void> {
  if ((await files.list(folder)).length === 0) return;
  const name = folder.split('/').at(-1) as string;
  const trash = joinPath(checkpointsFolder(runFolder), `.deleting-${name}`);
  await files.remove(trash);
  await files.rename(folder, trash);
  await files.remove(trash);
}

async function dropOthers(
  files: Files,
  runFolder: string,
  { step, keep }: { step: number; keep: number },
): Promise<void> {
  const all = await listCheckpoints(files, runFolder);
  const later = all.filter((checkpoint) => checkpoint.step > step);
  const older = all.filter((checkpoint) => checkpoint.step < step);
  const old = older.slice(0, Math.max(0, older.length - (Math.max(1, keep) - 1)));
  const passed = (await listSetAside(files, runFolder)).filter((one) => one.step <= step);
  for (const { folder } of [...later, ...old, ...passed]) await discard(files, runFolder, folder);
}

type Listing = Pick<Files, 'list' | 'size'>;

/** Complete checkpoints, oldest first. Folders without a marker do not count. */
export const listCheckpoints = (files: Listing, runFolder: string): Promise<CheckpointLocation[]> =>
  listNamed(FOLDER_NAME, files, runFolder);

/** Those that a run left behind when it was taken back to an earlier step, see set-aside.ts; oldest first. */
export const listSetAside = (files: Listing, runFolder: string): Promise<CheckpointLocation[]> =>
  listNamed(SET_ASIDE_NAME, files, runFolder);

async function listNamed(
  pattern: RegExp,
  files: Listing,
  runFolder: string,
): Promise<CheckpointLocation[]> {
  const found: CheckpointLocation[] = [];
  for (const name of await files.list(checkpointsFolder(runFolder))) {
    const step = pattern.exec(name)?.[1];
    const folder = joinPath(checkpointsFolder(runFolder), name);
    if (step === undefined || !(await hasMarker(files, folder))) continue;
    found.push({ step: Number(step), folder });
  }
  return found.sort((a, b) => a.step - b.step);
}

/** Ends what an interrupted write or deletion began: a checkpoint that was whole but not yet in place is put there, the rest removed. */
export async function cleanLeftovers(files: Files, runFolder: string): Promise<void> {
  const folder = checkpointsFolder(runFolder);
  for (const name of await files.list(folder)) {
    const path = joinPath(folder, name);
    const isWhole = await hasMarker(files, path);
    const written = SCRATCH_NAME.exec(name)?.[1];
    const target = written === undefined ? null : checkpointFolder(runFolder, Number(written));
    if (isWhole && target && !(await hasMarker(files, target))) {
      await files.remove(target);
      await files.rename(path, target);
    } else if (target || name.startsWith('.deleting-') || (FOLDER_NAME.test(name) && !isWhole)) {
      await files.remove(path);
    }
  }
}

const hasMarker = async (files: Pick<Files, 'size'>, folder: string): Promise<boolean> =>
  (await files.size(joinPath(folder, MARKER_FILE))) !== null;

/**
 * The files of a checkpoint, each checked against the marker.
 * @param options - only: names of the files to read; default all
 * @throws CheckpointError naming the file that is missing, cut short or changed
 */
export async function readCheckpoint(
  files: Pick<Files, 'read'>,
  folder: string,
  { only }: { only?: readonly string[] } = {},
): Promise<CheckpointContents> {
  const marker = await readMarker(files, folder);
  const missing = only?.find((name) => !Object.hasOwn(marker.files, name));
  if (missing !== undefined) {
    throw damaged(joinPath(folder, MARKER_FILE), `expected it to list ${missing}, which it lacks`);
  }
  const contents: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const [name, expected] of Object.entries(marker.files)) {
    if (only && !only.includes(name)) continue;
    const path = joinPath(folder, name);
    const bytes = await readOrExplain(files, path);
    if (bytes.length !== expected.bytes) {
      throw damaged(path, `expected ${expected.bytes} bytes, got ${bytes.length}`);
    }
    if ((await sha256Hex(bytes)) !== expected.sha256) {
      throw damaged(path, 'expected the content it was saved with, got another');
    }
    contents[name] = bytes;
  }
  return contents;
}

async function readMarker(files: Pick<Files, 'read'>, folder: string): Promise<Marker> {
  const path = joinPath(folder, MARKER_FILE);
  const bytes = await readOrExplain(files, path);
  const marker = v.safeParse(markerSchema, parseMarker(bytes, path));
  if (marker.success) return marker.output;
  throw damaged(path, `expected a marker of format ${FORMAT}, got other content`);
}

function parseMarker(bytes: Uint8Array, path: string): unknown {
  try {
    return parseJson(new TextDecoder().decode(bytes), path);
  } catch (cause) {
    throw damaged(path, `expected a marker of format ${FORMAT}, got other content`, { cause });
  }
}

async function readOrExplain(
  files: Pick<Files, 'read'>,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await files.read(path);
  } catch (cause) {
    const reason = shorten(cause instanceof Error ? cause.message : String(cause), 300);
    throw new CheckpointError(
      `checkpoint: expected a readable file ${path}, got "${reason}". Use another checkpoint of the run.`,
      { cause },
    );
  }
}

const damaged = (path: string, detail: string, options?: { cause: unknown }): CheckpointError =>
  new CheckpointError(
    `checkpoint: ${path} is damaged: ${detail}. Use another checkpoint of the run.`,
    options,
  );
