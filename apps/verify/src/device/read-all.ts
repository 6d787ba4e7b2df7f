// Results back to the host.

import type { HostArray, Tensor } from '@vulpes/tensor-core';

type Tensors = Readonly<Record<string, Tensor>>;

/** Reads named tensors in one go and frees them. */
export async function readAll<T extends Tensors>(
  tensors: T,
): Promise<{ [name in keyof T]: HostArray }> {
  const entries = Object.entries(tensors);
  const reading = Promise.all(entries.map(([, tensor]) => tensor.data()));
  for (const [, tensor] of entries) tensor.dispose(); // the copies are recorded already
  const values = await reading;
  return Object.fromEntries(entries.map(([name], index) => [name, values[index]])) as {
    [name in keyof T]: HostArray;
  };
}

/** Reads a list of tensors in one go and frees them. */
export const readList = async (tensors: readonly Tensor[]): Promise<HostArray[]> =>
  Object.values(await readAll(Object.fromEntries(tensors.entries())));
