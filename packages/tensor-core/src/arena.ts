// Arenas: tensors of one role (weights, gradients, moments) side by side in a few large ones, so that one launch reaches them all.

import type { Device, Tensor } from './api.ts';
import { DeviceLimitError } from './errors.ts';
import { formatShape, type Shape, shapeSize } from './shape.ts';
import { disposeAll } from './tree.ts';

/** A tensor begins at a multiple of it (16 KiB of f32), so that every block belongs to one tensor. */
export const ARENA_BLOCK = 4096;
const F32_BYTES = 4;

export interface ArenaEntry {
  readonly name: string;
  readonly shape: Shape;
}

/** Where a tensor lies, in elements. */
export interface Placement {
  readonly name: string;
  readonly slab: number;
  /** From the start of its slab. */
  readonly offset: number;
  readonly size: number;
}

export interface ArenaLayout {
  /** Elements of each slab. */
  readonly slabs: readonly number[];
  /** In the order of the entries. */
  readonly placements: readonly Placement[];
}

/** Tensors of one role and dtype; the space between them is 0 and has to stay so. */
export interface Arena extends Disposable {
  readonly layout: ArenaLayout;
  /** The whole memory, [elements] each: one launch over each slab reaches every tensor. */
  readonly slabs: readonly Tensor[];
  /** By name: parts of the slabs. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  dispose(): void;
}

export interface ArenaOptions {
  /** Such as `weights`: part of the slabs' labels. */
  readonly label: string;
  /** Default f32. */
  readonly dtype?: 'f32' | 'f16';
}

const roundUp = (elements: number): number => Math.ceil(elements / ARENA_BLOCK) * ARENA_BLOCK;

/**
 * Places tensors one behind the other; a slab ends where the next tensor would not fit. Pure.
 * @param maxBytes - what one binding may take
 * @throws DeviceLimitError for a tensor above it
 */
export function planArena(entries: readonly ArenaEntry[], maxBytes: number): ArenaLayout {
  const maxElements = Math.floor(maxBytes / F32_BYTES / ARENA_BLOCK) * ARENA_BLOCK;
  const slabs: number[] = [];
  const placements = entries.map(({ name, shape }) => {
    const size = shapeSize(shape);
    if (size > maxElements) {
      throw new DeviceLimitError(
        `arena: expected tensors of at most ${maxElements} elements (this device's storage binding limit), got ${name} ${formatShape(shape)}. Use a smaller model.`,
      );
    }
    const isFull = slabs.length === 0 || (slabs.at(-1) as number) + roundUp(size) > maxElements;
    if (isFull) slabs.push(0);
    const slab = slabs.length - 1;
    const offset = slabs[slab] as number;
    slabs[slab] = offset + roundUp(size);
    return { name, slab, offset, size };
  });
  return { slabs, placements };
}

/**
 * An arena of zeros, which belongs to the caller. Arenas of f32 and f16 tensors have the same layout.
 * @throws DeviceLimitError
 */
export function createArena(
  device: Device,
  entries: readonly ArenaEntry[],
  { label, dtype = 'f32' }: ArenaOptions,
): Arena {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.caps.limits;
  const layout = planArena(entries, Math.min(maxBufferSize, maxStorageBufferBindingSize));
  const slabs = layout.slabs.map((size, index) =>
    device.keep(device.zeros([size], { dtype, label: `${label}, slab ${index}` })),
  );
  const tensors = Object.fromEntries(
    entries.map(({ name, shape }, index) => {
      const { slab, offset } = layout.placements[index] as Placement;
      return [name, device.keep(device.slice(slabs[slab] as Tensor, offset, shape))];
    }),
  );
  const dispose = () => disposeAll([...slabs, ...Object.values(tensors)]);
  return { layout, slabs, tensors, dispose, [Symbol.dispose]: dispose };
}
