// Hashes of tensors in the metadata of a safetensors file, which has no checksum of its own: a flipped bit in a weight
// would give a model that works, and says something else.

import { CheckpointError, parseJson, sha256Hex } from '@vulpes/tensor-core';
import type { HostWeights } from '../parameters/host-weights.ts';
import type { SafetensorsTensor } from '../safetensors/index.ts';

/** A JSON object: tensor name to the SHA-256 of its bytes in the file. */
export const HASHES_KEY = 'vulpes_sha256';

/** The metadata that f32 weights are saved with. */
export async function hashesOf(weights: HostWeights): Promise<Record<string, string>> {
  const entries = Object.entries(weights).map(async ([name, { data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [name, await sha256Hex(bytes)] as const;
  });
  return { [HASHES_KEY]: JSON.stringify(Object.fromEntries(await Promise.all(entries))) };
}

/**
 * Compares tensors with the hashes that they were saved with; files of others have none.
 * @param source - file name for messages
 * @throws CheckpointError naming the tensor that was changed
 */
export async function checkHashes(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>>,
  source: string,
): Promise<void> {
  const text = metadata[HASHES_KEY];
  if (text === undefined) return;
  const hashes = new Map(Object.entries(parseJson(text, `${source}: ${HASHES_KEY}`) ?? {}));
  for (const [name, { bytes }] of tensors) {
    if (hashes.get(name) === (await sha256Hex(bytes))) continue;
    throw new CheckpointError(
      `${source} is damaged: expected tensor ${name} as it was saved, got another content (by SHA-256). Use another copy, or another checkpoint of the run.`,
    );
  }
}

/** What a file says besides its hashes. */
export function withoutHashes(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const { [HASHES_KEY]: _, ...rest } = metadata;
  return rest;
}
