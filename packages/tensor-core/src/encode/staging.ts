// Host data on its way into buffers that commands of an open encoder use already: it waits in a buffer of its own, and is copied in order.

const USAGE = 0x4 | 0x8; // COPY_SRC | COPY_DST
/** A larger write waits for the commands before it instead. */
const MAX_WRITE_BYTES = 2 ** 22;
const FIRST_BYTES = 2 ** 20;

export class Staging {
  readonly #device: GPUDevice;
  #buffer: GPUBuffer | null = null;
  #used = 0;
  /** Outgrown, but named by the open encoder. */
  readonly #outgrown: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Writes bytes, which are there when the next submit runs. @returns where they are; null where there are too many */
  put(bytes: Uint8Array<ArrayBuffer>): { buffer: GPUBuffer; byteOffset: number } | null {
    if (bytes.byteLength > MAX_WRITE_BYTES) return null;
    const buffer = this.#bufferFor(bytes.byteLength);
    const byteOffset = this.#used;
    this.#device.queue.writeBuffer(buffer, byteOffset, bytes);
    this.#used += bytes.byteLength;
    return { buffer, byteOffset };
  }

  /** What was put has been submitted. */
  clear(): void {
    for (const buffer of this.#outgrown.splice(0)) buffer.destroy();
    this.#used = 0;
  }

  #bufferFor(byteLength: number): GPUBuffer {
    const size = this.#buffer?.size ?? 0;
    if (this.#buffer && this.#used + byteLength <= size) return this.#buffer;
    if (this.#buffer) this.#outgrown.push(this.#buffer);
    const next = Math.max(FIRST_BYTES, 2 * size, byteLength);
    this.#buffer = this.#device.createBuffer({ size: next, usage: USAGE, label: 'staging' });
    this.#used = 0;
    return this.#buffer;
  }
}
