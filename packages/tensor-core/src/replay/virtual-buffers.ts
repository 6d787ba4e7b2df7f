// Buffers without memory: what tensors get while a step is recorded for replay.

import type { PooledBuffer } from '../buffer-range.ts';

export interface VirtualBuffer extends PooledBuffer {
  /** Position among the buffers of its recording: equal recordings give equal numbers. */
  readonly ordinal: number;
  /** Of the tensor it was made for. */
  readonly label: string;
  isReleased: boolean;
}

export const isVirtual = (buffer: PooledBuffer): buffer is VirtualBuffer => 'ordinal' in buffer;

/** Below 0: no pool gives them out. */
let nextId = -2;

export class VirtualBuffers {
  readonly made: VirtualBuffer[] = [];
  readonly #assertFits: (byteLength: number, label: string) => void;

  /** @param assertFits - throws where the device cannot bind so much at once */
  constructor(assertFits: (byteLength: number, label: string) => void) {
    this.#assertFits = assertFits;
  }

  /** @throws DeviceLimitError */
  acquire(byteLength: number, label: string): PooledBuffer {
    this.#assertFits(byteLength, label);
    const numbers = { id: nextId--, ordinal: this.made.length, capacity: byteLength };
    // Its memory is chosen when the whole recording is known.
    const buffer = { ...numbers, label, isReleased: false } as VirtualBuffer;
    this.made.push(buffer);
    return buffer;
  }

  release(buffer: PooledBuffer): void {
    (buffer as VirtualBuffer).isReleased = true;
  }
}
