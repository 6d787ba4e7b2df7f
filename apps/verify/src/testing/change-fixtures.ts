// For tests: temporary folders, and changed copies of the reference vectors.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  readSafetensors,
  type SafetensorsTensor,
  tensorValues,
  type WritableTensor,
  writeSafetensors,
} from '@vulpes/lm-models';
import { FIXTURES } from '../options.ts';

/** Runs `body` with a new folder, which is gone afterwards. */
export async function inTemporaryFolder<R>(body: (folder: string) => Promise<R>): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), 'vulpes-verify-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Copies a file or folder of the fixtures to the same place below `folder`. */
export async function copyFixture(folder: string, path: string): Promise<string> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await cp(join(FIXTURES, path), target, { recursive: true });
  return target;
}

type Tensors = Map<string, WritableTensor>;

/** Rewrites a safetensors file after `change` has had its tensors. */
export async function changeVectors(
  path: string,
  change: (tensors: Tensors, metadata: Record<string, string>) => void,
): Promise<void> {
  const file = readSafetensors(new Uint8Array(await readFile(path)));
  const tensors: Tensors = new Map([...file.tensors].map(([name, t]) => [name, writable(t, name)]));
  const metadata: Record<string, string> = { ...file.metadata };
  change(tensors, metadata);
  await writeFile(path, writeSafetensors(Object.fromEntries(tensors), metadata));
}

const writable = (tensor: SafetensorsTensor, name: string): WritableTensor => ({
  shape: tensor.shape,
  dtype: tensor.dtype,
  data: tensorValues(tensor, name),
});

/** The same tensor with one element changed. */
export function corrupted(
  tensors: ReadonlyMap<string, WritableTensor>,
  name: string,
  change: (value: number) => number,
): WritableTensor {
  const tensor = tensors.get(name) as WritableTensor;
  const data = (tensor.data as Float32Array | Int32Array).slice();
  data[data.length >> 1] = change(data[data.length >> 1] as number);
  return { ...tensor, data };
}
