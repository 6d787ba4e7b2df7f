// What a recording returns: tensors without memory, which become ordinary ones for the caller.

import type { Device, Tensor } from '../api.ts';
import { ArgumentError } from '../errors.ts';
import { formatShape } from '../shape.ts';
import { getStorage, isTensor, tensorOn } from '../tensor.ts';
import { disposeAll, leaves, mapLeaves } from '../tree.ts';
import type { OutputMemory } from './plan-buffers.ts';
import { isVirtual, type VirtualBuffer } from './virtual-buffers.ts';

/** Names, places, shapes and other values of what a recording returned, so that two can be compared. */
export const describeOutputs = (result: unknown): string =>
  JSON.stringify(result, (_, value) => (isTensor(value) ? describe(value) : value)) ?? 'nothing';

function describe(tensor: Tensor): string {
  const { buffer, byteOffset } = getStorage(tensor);
  const place = isVirtual(buffer) ? `${buffer.ordinal}+${byteOffset}` : 'outside';
  return `${tensor.dtype}${formatShape(tensor.shape)} at ${place}`;
}

/** @param isOwn - the recording made it @throws ArgumentError */
export function assertOwnOutput({ label }: Tensor, isOwn: boolean): void {
  if (isOwn) return;
  throw new ArgumentError(
    `compileStep: expected record to return tensors that it made, got '${label}', which was there before. Leave it out: it can be read as it is.`,
  );
}

/** The same outputs as tensors with memory from the pool; the ones given are freed. */
export function giveMemory<Outputs>(
  device: Device,
  result: Outputs,
): { outputs: Outputs; memory: OutputMemory } {
  const bases = new Map<VirtualBuffer, Tensor>();
  for (const tensor of leaves(result)) {
    const buffer = bufferOf(tensor);
    if (bases.has(buffer)) continue;
    const options = { dtype: 'u32', label: tensor.label } as const;
    bases.set(buffer, device.keep(device.empty([buffer.capacity / 4], options)));
  }
  const outputs = mapLeaves(result, (tensor) =>
    tensorOn(bases.get(bufferOf(tensor)) as Tensor, tensor),
  );
  const memory = new Map([...bases].map(([buffer, base]) => [buffer, getStorage(base).buffer]));
  disposeAll([result, ...bases.values()]);
  return { outputs, memory };
}

const bufferOf = (tensor: Tensor): VirtualBuffer => getStorage(tensor).buffer as VirtualBuffer;
