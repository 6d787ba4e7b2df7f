// Error scopes, uncaptured errors and device loss, turned into typed errors that the next call throws.

import {
  DeviceLostError,
  type FoxError,
  GpuValidationError,
  OutOfMemoryError,
  UnsupportedError,
} from './errors.ts';

const LOSS_GRACE_MS = 50;

export class ErrorWatch {
  readonly #gpu: GPUDevice;
  /** Resolves with the error when the device is lost for good. */
  readonly lost: Promise<FoxError>;
  #failure: FoxError | null = null;
  #lossExpected = false;

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
    this.lost = gpu.lost.then((info) => this.#onLost(info));
    gpu.addEventListener('uncapturederror', (event) => {
      this.#failure ??= typedError((event as GPUUncapturedErrorEvent).error);
    });
  }

  /** A destroy of our own follows. */
  expectLoss(): void {
    this.#lossExpected = true;
    this.#failure ??= new DeviceLostError('device: used after dispose(). Create a new device.');
  }

  /** From now on every use of the device throws this error. */
  fail(error: FoxError): void {
    this.#failure ??= error;
  }

  /** @throws the first error that no scope caught, or DeviceLostError. */
  assertUsable(): void {
    if (this.#failure) throw this.#failure;
  }

  assertFeature(available: boolean, feature: string): void {
    if (available) return;
    throw new UnsupportedError(
      `device: expected the WebGPU feature ${feature}, which this adapter does not offer.`,
    );
  }

  /** Runs encoding and submitting inside error scopes and waits for their verdict. */
  async scoped(body: () => void): Promise<void> {
    for (const filter of ['validation', 'out-of-memory', 'internal'] as const)
      this.#gpu.pushErrorScope(filter);
    let verdicts: Promise<(GPUError | null)[]>;
    try {
      body();
    } finally {
      verdicts = Promise.all([
        this.#gpu.popErrorScope(),
        this.#gpu.popErrorScope(),
        this.#gpu.popErrorScope(),
      ]);
    }
    const error = (await this.guard(verdicts)).find((verdict) => verdict !== null);
    if (error) throw typedError(error);
    this.assertUsable();
  }

  /** Awaits a WebGPU promise; a rejection becomes a typed error, DeviceLostError where the device was lost. */
  async guard<R>(pending: Promise<R>): Promise<R> {
    try {
      return await pending;
    } catch (cause) {
      // The loss may be reported a moment after the promise that it broke.
      await Promise.race([this.lost, new Promise((resolve) => setTimeout(resolve, LOSS_GRACE_MS))]);
      this.assertUsable();
      throw new GpuValidationError(
        `device: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }

  #onLost(info: GPUDeviceLostInfo): FoxError {
    const error = new DeviceLostError(
      `device: the GPU was lost (${info.reason}): ${info.message} Its tensors are gone: create a new device and load the last checkpoint.`,
    );
    if (!this.#lossExpected) this.#failure = error;
    return error;
  }
}

function typedError(error: GPUError): FoxError {
  if (error.constructor.name === 'GPUOutOfMemoryError') {
    return new OutOfMemoryError(
      `out of GPU memory: ${error.message} Use a smaller batch, context or model.`,
    );
  }
  return new GpuValidationError(`WebGPU rejected a command: ${error.message}`);
}
