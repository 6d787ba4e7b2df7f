// GPU time per dispatch, by timestamp queries: one pass and two queries for each.

import type { KernelTime } from '../api.ts';

const QUERIES_PER_SET = 4096; // WebGPU's maximum
const USAGE_RESOLVE = 0x200 | 0x4; // QUERY_RESOLVE | COPY_SRC
const USAGE_READ = 0x1 | 0x8; // MAP_READ | COPY_DST

export class TimestampRecorder {
  readonly #device: GPUDevice;
  readonly #labels: string[] = [];
  readonly #sets: GPUQuerySet[] = [];
  readonly #resolved: GPUBuffer[] = [];
  readonly #readBuffers: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Queries for the next dispatch. */
  nextPass(label: string): GPUComputePassTimestampWrites {
    const first = this.#labels.length * 2;
    this.#labels.push(label);
    if (first % QUERIES_PER_SET === 0) {
      this.#sets.push(this.#device.createQuerySet({ type: 'timestamp', count: QUERIES_PER_SET }));
    }
    const querySet = this.#sets[this.#sets.length - 1] as GPUQuerySet;
    const at = first % QUERIES_PER_SET;
    return { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
  }

  /** Appends the commands that bring the query results into readable buffers. */
  resolve(encoder: GPUCommandEncoder): void {
    this.#sets.forEach((set, index) => {
      const count = Math.min(QUERIES_PER_SET, this.#labels.length * 2 - index * QUERIES_PER_SET);
      const size = count * 8;
      const resolved = this.#device.createBuffer({ size, usage: USAGE_RESOLVE });
      const readable = this.#device.createBuffer({ size, usage: USAGE_READ });
      encoder.resolveQuerySet(set, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, size);
      this.#resolved.push(resolved);
      this.#readBuffers.push(readable);
    });
  }

  /** Times in dispatch order; call after the submit. */
  async read(): Promise<KernelTime[]> {
    const ticks: bigint[] = [];
    for (const buffer of this.#readBuffers) {
      await buffer.mapAsync(1);
      ticks.push(...new BigUint64Array(buffer.getMappedRange().slice(0)));
      buffer.destroy();
    }
    for (const used of [...this.#sets, ...this.#resolved]) used.destroy();
    return this.#labels.map((label, index) => {
      const [begin = 0n, end = 0n] = [ticks[index * 2], ticks[index * 2 + 1]];
      return { label, nanoseconds: Number(end > begin ? end - begin : 0n) };
    });
  }
}
