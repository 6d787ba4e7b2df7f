// The memory of tensors: buffers from the pool, guarded in tests, given to the scope that is open.

import type { MemoryStats, Tensor } from './api.ts';
import type { BufferPool, PooledBuffer } from './buffer-pool.ts';
import type { BoundBuffer } from './command.ts';
import type { DebugMemory } from './debug-memory.ts';
import { DTYPE_BYTES, type DType } from './dtype.ts';
import type { ScopeStack } from './scope.ts';
import { assertValidShape, type Shape, shapeSize } from './shape.ts';
import { Storage } from './storage.ts';
import { makeTensor, type TensorHost } from './tensor.ts';

interface MemoryParts {
  readonly host: TensorHost;
  readonly pool: BufferPool;
  readonly debugMemory: DebugMemory;
  readonly scopes: ScopeStack;
}

export class TensorMemory {
  readonly #parts: MemoryParts;
  #live = 0;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  /** A tensor with undefined contents. @throws ShapeError DeviceLimitError */
  allocate(shape: Shape, dtype: DType, label: string): Tensor {
    assertValidShape(shape, label);
    const { host, pool, debugMemory, scopes } = this.#parts;
    const byteLength = Math.ceil((shapeSize(shape) * DTYPE_BYTES[dtype]) / 4) * 4;
    const buffer = pool.acquire(byteLength + debugMemory.guardBytes, label);
    const storage = new Storage(buffer, byteLength, (freed) => this.#free(freed));
    const tensor = makeTensor({ host, storage, shape: [...shape], dtype, label });
    this.#live++;
    scopes.add(tensor);
    debugMemory.onAcquire(buffer, byteLength, label);
    return tensor;
  }

  /** What a kernel gets: the elements, in tests with the guard words behind them. */
  bind({ buffer, byteLength }: Storage): BoundBuffer {
    return { buffer, byteLength: byteLength + this.#parts.debugMemory.guardBytesOf(buffer) };
  }

  stats(): MemoryStats {
    return { ...this.#parts.pool.stats(), liveTensors: this.#live };
  }

  resetPeak(): void {
    this.#parts.pool.resetPeak();
  }

  #free(buffer: PooledBuffer): void {
    const { pool, debugMemory } = this.#parts;
    this.#live--;
    if (!debugMemory.onRelease(buffer)) pool.release(buffer);
  }
}
