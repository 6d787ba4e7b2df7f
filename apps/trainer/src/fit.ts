// Does a run fit? Asked before anything of it is made, and by --dry-run in the same words.

import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { formatBytes, formatInteger, UsageError } from '@vulpes/cli-kit';
import type { DeviceCaps } from '@vulpes/tensor-core';
import { planMemory, type RunDescription, type RunMemory } from '@vulpes/training';

/** Bytes of a token on the host: input and label, i32. */
const HOST_TOKEN_BYTES = 8;
const REMEDY =
  'Use a smaller --batch (with more --accumulate), a shorter --context, --checkpointing blocks or a smaller preset';

/** Memory of this machine, or of the container. */
export function hostMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * The memory that a run takes.
 * @param hostBytes - memory of the host, which a software adapter computes in
 * @throws UsageError with the numbers where the device or the host cannot hold it
 */
export async function planFit(
  { model, settings }: Pick<RunDescription, 'model' | 'settings'>,
  caps: DeviceCaps,
  hostBytes = hostMemory(),
): Promise<RunMemory> {
  assertBatchFits({ model, settings }, caps, hostBytes);
  const memory = await planMemory(model, settings, caps);
  const { byteLength, label } = memory.largestBinding;
  if (byteLength > caps.limits.maxStorageBufferBindingSize) {
    throw tooLarge(byteLength, label, caps);
  }
  if (caps.isSoftware && memory.totalBytes > hostBytes) {
    throw new UsageError(
      `train: expected a run that fits the ${formatBytes(hostBytes)} of this machine, which the software adapter computes in, got one that takes ${formatBytes(memory.totalBytes)}. ${REMEDY}.`,
    );
  }
  return memory;
}

/** What can be said before a step is planned, since planning one takes memory for its tokens. */
function assertBatchFits(
  { model, settings }: Pick<RunDescription, 'model' | 'settings'>,
  caps: DeviceCaps,
  hostBytes: number,
): void {
  const { batchSize, contextLength, accumulate, precision } = settings;
  const tokens = batchSize * contextLength;
  const streamBytes = tokens * model.hiddenSize * (precision === 'mixed' ? 2 : 4);
  if (streamBytes > caps.limits.maxStorageBufferBindingSize) {
    throw tooLarge(streamBytes, 'the activations of one layer', caps);
  }
  const tokenBytes = tokens * accumulate * HOST_TOKEN_BYTES;
  if (tokenBytes <= hostBytes) return;
  throw new UsageError(
    `train: expected an update whose tokens fit the ${formatBytes(hostBytes)} of this machine, got ${formatInteger(tokens * accumulate)} tokens (--batch × --context × --accumulate), ${formatBytes(tokenBytes)}. Use fewer.`,
  );
}

const tooLarge = (bytes: number, label: string, { limits }: DeviceCaps): UsageError =>
  new UsageError(
    `train: expected buffers of at most ${formatBytes(limits.maxStorageBufferBindingSize)}, which the device binds, got one of ${formatBytes(bytes)} (${label}). ${REMEDY}.`,
  );

/** Bytes of one checkpoint: weights and AdamW's two moments, f32. */
export const checkpointBytes = ({ optimizerBytes }: RunMemory): number => 1.5 * optimizerBytes;

/** @throws UsageError with the numbers where the disk has no room for a checkpoint */
export async function assertDiskFits(folder: string, memory: RunMemory): Promise<void> {
  const free = await freeBytes(resolve(folder));
  const needed = checkpointBytes(memory);
  if (free === null || free >= needed) return;
  throw new UsageError(
    `train: expected ${formatBytes(needed)} of free disk for a checkpoint, got ${formatBytes(free)} in ${folder}. Free some, or choose another folder with --out.`,
  );
}

/** Of the nearest folder that is there; null where the system doesn't tell. */
async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { blocks, bavail, bsize } = await statfs(folder);
    return blocks > 0 ? bavail * bsize : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = (code === 'ENOENT' || code === 'ENOTDIR') && dirname(folder) !== folder;
    return isMissing ? freeBytes(dirname(folder)) : null;
  }
}
