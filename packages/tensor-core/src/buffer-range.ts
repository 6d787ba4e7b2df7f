// A GPU buffer, and a part of one.

/** A GPU buffer on loan from the pool. `id` is unique for the life of the process, also across reuse of the memory. */
export interface PooledBuffer {
  readonly id: number;
  /** Made anew where the first attempt ran out of memory. */
  gpu: GPUBuffer;
  /** Size of the GPU buffer in bytes, ≥ what was asked for. */
  readonly capacity: number;
}

export interface BufferRange {
  readonly buffer: PooledBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** The first bytes of a buffer. */
export const rangeOf = (buffer: PooledBuffer, byteLength = buffer.capacity): BufferRange => ({
  buffer,
  byteOffset: 0,
  byteLength,
});

/** Whether two ranges have bytes in common. */
export const overlap = (a: BufferRange, b: BufferRange): boolean =>
  a.buffer === b.buffer &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength;
