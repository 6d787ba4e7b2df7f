// What is bound where an optional binding gets no tensor: WebGPU wants a buffer there, though no kernel reads it.

const STORAGE_USAGE = 0x80;
/** Holds one element of any type. */
const BYTES = 256;

export class AbsentBuffers {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<number, GPUBuffer>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bindings that are only read share a buffer; a written one has its own, as WebGPU forbids a buffer that is written to be bound twice. */
  get(binding: number, isWritten: boolean): GPUBuffer {
    const key = isWritten ? binding : -1;
    const known = this.#buffers.get(key);
    if (known) return known;
    const label = 'absent tensor';
    const buffer = this.#device.createBuffer({ size: BYTES, usage: STORAGE_USAGE, label });
    this.#buffers.set(key, buffer);
    return buffer;
  }
}
