// Results back to the host.

import type { HostArray, Tensor } from '@vulpes/tensor-core';

/** Reads named tensors in one go and frees them. */
export async function readAll<N extends string>(
  tensors: Readonly<Record<N, Tensor>>,
): Promise<Record<N, HostArray>> {
  const entries = Object.entries<Tensor>(tensors);
  const reading = Promise.all(entries.map(([, tensor]) => tensor.data()));
  for (const [, tensor] of entries) tensor.dispose(); // the copies are recorded already
  const values = await reading;
  return Object.fromEntries(entries.map(([name], i) => [name, values[i]])) as Record<N, HostArray>;
}

/** Reads a list of tensors in one go and frees them. */
export const readList = async (tensors: readonly Tensor[]): Promise<HostArray[]> =>
  Object.values(await readAll(Object.fromEntries(tensors.entries())));
