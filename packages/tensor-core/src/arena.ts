// Arenas: tensors of one role (weights, gradients, moments) side by side in a few large ones, so that one launch reaches them all.

import type { Device, Tensor } from './api.ts';
import { ArgumentError, DeviceLimitError } from './errors.ts';
import { formatShape, type Shape, shapeSize } from './shape.ts';
import { disposeAll } from './tree.ts';

/** A tensor begins at a multiple of it (16 KiB of f32), so that every block belongs to one tensor. */
export const ARENA_BLOCK = 4096;
const F32_BYTES = 4;
/** A part of an entry begins at a multiple of it, which can be bound in f16, too. */
const PART_STEP = 128;

export interface ArenaEntry {
  readonly name: string;
  readonly shape: Shape;
  /** Tensors that it is made of, one behind the other from its first element on, each at a multiple of 128 elements; 0 behind them. Default: itself alone. */
  readonly parts?: readonly Pick<ArenaEntry, 'name' | 'shape'>[] | undefined;
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
  /** By name: parts of the slabs; of an entry with parts, these. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** By name: entries with parts, whole. */
  readonly wholes: Readonly<Record<string, Tensor>>;
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
 * @throws DeviceLimitError for a tensor above it; ArgumentError for parts that cannot be bound or do not fit
 */
export function planArena(entries: readonly ArenaEntry[], maxBytes: number): ArenaLayout {
  const maxElements = Math.floor(maxBytes / F32_BYTES / ARENA_BLOCK) * ARENA_BLOCK;
  const slabs: number[] = [];
  const placements = entries.map((entry) => {
    const { name, shape } = entry;
    const size = shapeSize(shape);
    assertParts(entry);
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
 * @throws DeviceLimitError ArgumentError
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
  const tensors: Record<string, Tensor> = {};
  const wholes: Record<string, Tensor> = {};
  entries.forEach(({ name, shape, parts }, index) => {
    const { slab, offset } = layout.placements[index] as Placement;
    const whole = device.keep(device.slice(slabs[slab] as Tensor, offset, shape));
    if (parts) {
      wholes[name] = whole;
      Object.assign(tensors, sliceParts(device, whole, parts));
    } else {
      tensors[name] = whole;
    }
  });
  const dispose = () => disposeAll([...slabs, ...Object.values(wholes), ...Object.values(tensors)]);
  return { layout, slabs, tensors, wholes, dispose, [Symbol.dispose]: dispose };
}

function assertParts({ name, shape, parts = [] }: ArenaEntry): void {
  let offset = 0;
  for (const part of parts) {
    const end = offset + shapeSize(part.shape);
    if (offset % PART_STEP !== 0 || end > shapeSize(shape)) {
      throw new ArgumentError(
        `arena: expected parts of ${name} ${formatShape(shape)} at multiples of ${PART_STEP} elements within it, got ${part.name} ${formatShape(part.shape)} at ${offset}.`,
      );
    }
    offset = end;
  }
}

/** The parts of an entry, by name. */
function sliceParts(
  device: Device,
  whole: Tensor,
  parts: NonNullable<ArenaEntry['parts']>,
): Record<string, Tensor> {
  let offset = 0;
  return Object.fromEntries(
    parts.map(({ name, shape }) => {
      const part = device.keep(device.slice(whole, offset, shape));
      offset += shapeSize(shape);
      return [name, part];
    }),
  );
}
