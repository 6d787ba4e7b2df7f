// The memory of tensors: buffers from the pool, guarded in tests, given to the scope that is open.

import type { Device, MemoryStats, Tensor } from './api.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { BufferRange, PooledBuffer } from './buffer-range.ts';
import { type DebugMemory, GUARD_BYTES } from './debug-memory.ts';
import { DTYPE_BYTES, type DType } from './dtype.ts';
import type { ScopeStack } from './scope.ts';
import { assertValidShape, type Shape, shapeSize } from './shape.ts';
import { Storage } from './storage.ts';
import { makeTensor } from './tensor.ts';

interface MemoryParts {
  readonly device: Device;
  readonly pool: BufferPool;
  readonly debugMemory: DebugMemory;
  readonly scopes: ScopeStack;
}

/** Where buffers come from, and go back to. */
export interface BufferSource {
  acquire(byteLength: number, label: string): PooledBuffer;
  release(buffer: PooledBuffer): void;
}

export class TensorMemory {
  readonly #parts: MemoryParts;
  #source: BufferSource;
  #live = 0;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
    this.#source = parts.pool;
  }

  /** Runs a body whose tensors get their buffers elsewhere. */
  allocateFrom<R>(source: BufferSource, body: () => R): R {
    const before = this.#source;
    this.#source = source;
    try {
      return body();
    } finally {
      this.#source = before;
    }
  }

  /** Runs a body whose tensors get their buffers from the pool, whatever is going on around it. */
  allocateFromPool<R>(body: () => R): R {
    return this.allocateFrom(this.#parts.pool, body);
  }

  /** A tensor with undefined contents. @throws ShapeError DeviceLimitError */
  allocate(shape: Shape, dtype: DType, label: string): Tensor {
    assertValidShape(shape, label);
    const { device, pool, debugMemory, scopes } = this.#parts;
    const source = this.#source;
    const isGuarded = source === pool && debugMemory.isOn;
    const byteLength = Math.ceil((shapeSize(shape) * DTYPE_BYTES[dtype]) / 4) * 4;
    const buffer = source.acquire(byteLength + (isGuarded ? GUARD_BYTES : 0), label);
    const storage = Storage.of(buffer, byteLength, (freed) => this.#free(source, freed));
    const tensor = makeTensor({ device, storage, shape: [...shape], dtype, label });
    this.#live++;
    scopes.add(tensor);
    if (isGuarded) debugMemory.guard(buffer, byteLength, label);
    return tensor;
  }

  /** What a kernel gets: the elements, in tests with the guard words behind them. */
  bind({ buffer, byteOffset, byteLength }: Storage): BufferRange {
    const guardBytes = this.#parts.debugMemory.guardBytesOf(buffer, byteOffset + byteLength);
    return { buffer, byteOffset, byteLength: byteLength + guardBytes };
  }

  stats(): MemoryStats {
    return { ...this.#parts.pool.stats(), liveTensors: this.#live };
  }

  resetPeak(): void {
    this.#parts.pool.resetPeak();
  }

  #free(source: BufferSource, buffer: PooledBuffer): void {
    this.#live--;
    if (!this.#parts.debugMemory.onRelease(buffer)) source.release(buffer);
  }
}
