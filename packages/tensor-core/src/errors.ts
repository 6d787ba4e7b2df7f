// The typed errors of all Vulpes packages: one base with a marker that survives duplicate package versions.

const marker = Symbol.for('vulpes.error');

/** Base of every error that Vulpes throws on purpose. `code` is stable; `message` says what was expected, what came, what to do. */
export class FoxError extends Error {
  readonly code: string;
  readonly [marker] = true;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = code;
    this.code = code;
  }

  /** True for errors of any copy of this package, unlike `instanceof`. */
  static isInstance(error: unknown): error is FoxError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}

/** The classes below, spelled out: Error's own static members need Node's types in our declarations. */
interface FoxErrorClass {
  new (message: string, options?: { cause?: unknown }): FoxError;
  isInstance(error: unknown): error is FoxError;
}

const errorClass = (code: string): FoxErrorClass =>
  class extends FoxError {
    constructor(message: string, options?: { cause?: unknown }) {
      super(code, message, options);
    }

    static override isInstance(error: unknown): error is FoxError {
      return FoxError.isInstance(error) && error.code === code;
    }
  };

/** A tensor has the wrong shape. */
export class ShapeError extends errorClass('ShapeError') {}
/** A tensor has the wrong element type. */
export class DTypeError extends errorClass('DTypeError') {}
/** An option or argument is outside its range. */
export class ArgumentError extends errorClass('ArgumentError') {}
/** The work needs more than this device's limits allow. */
export class DeviceLimitError extends errorClass('DeviceLimitError') {}
/** The device was lost (driver reset, unplugged, destroyed); its tensors are gone. */
export class DeviceLostError extends errorClass('DeviceLostError') {}
/** No usable adapter was found. */
export class NoAdapterError extends errorClass('NoAdapterError') {}
/** The GPU or host ran out of memory. */
export class OutOfMemoryError extends errorClass('OutOfMemoryError') {}
/** WebGPU rejected a command: a bug of ours or of the driver. */
export class GpuValidationError extends errorClass('GpuValidationError') {}
/** A kernel's spec does not fit its WGSL source. */
export class KernelSpecError extends errorClass('KernelSpecError') {}
/** A kernel did not compile on this device. */
export class KernelCompileError extends errorClass('KernelCompileError') {}
/** A tensor was used after `dispose()`. */
export class DisposedTensorError extends errorClass('DisposedTensorError') {}
/** A gradient was asked for that does not exist: a function without one met a tensor that is differentiated, or a loss depends on no parameter. */
export class NoGradientError extends errorClass('NoGradientError') {}
/** A compiled step cannot be replayed, or two recordings of it differ. */
export class ReplayError extends errorClass('ReplayError') {}
/** A NaN or infinity where a finite number is needed. */
export class NonFiniteError extends errorClass('NonFiniteError') {}
/** A checkpoint or model file cannot be read, or does not fit. */
export class CheckpointError extends errorClass('CheckpointError') {}
/** The request is valid, but not supported here. */
export class UnsupportedError extends errorClass('UnsupportedError') {}

/** Throws when our own bookkeeping is wrong; user input gets a typed error instead. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new FoxError('InvariantError', `bug in Vulpes: ${message}`);
}
