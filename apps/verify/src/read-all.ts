// Results back to the host.

import { disposeAll, type HostArray, type Tensor } from '@vulpes/tensor-core';

/** Reads named tensors in one go and frees them. The caller knows which arrays their dtypes give. */
export async function readAll<T extends { readonly [N in keyof T]?: HostArray | undefined }>(
  tensors: {
    readonly [N in keyof T]: Tensor;
  },
): Promise<T> {
  const values = await readList(Object.values<Tensor>(tensors));
  return Object.fromEntries(Object.keys(tensors).map((name, i) => [name, values[i]])) as T;
}

/** Reads a list of tensors in one go and frees them. */
export async function readList(tensors: readonly Tensor[]): Promise<HostArray[]> {
  const reading = tensors[0]?.device.read(tensors) ?? [];
  disposeAll(tensors); // the copies are recorded already
  return reading;
}

/** @param counts - [B, H, 2] each: attention blocks kept and visible. @returns `12 of 45` */
export function sumCounts(counts: readonly ArrayLike<number>[]): string {
  const all = counts.flatMap((layer) => Array.from(layer));
  const [kept, visible] = [0, 1].map((column) =>
    all.reduce((sum, count, index) => sum + (index % 2 === column ? count : 0), 0),
  );
  return `${kept} of ${visible}`;
}
