// The face of tensor-core: what users and ops may rely on. Everything behind it may change.
// Who uses these declarations gets WebGPU's types with them.
/// <reference types="@webgpu/types" preserve="true" />

import type { DeviceCaps } from './caps.ts';
import type { DType, HostArray } from './dtype.ts';
import type { FoxError } from './errors.ts';
import type { Program } from './program.ts';
import type { Shape } from './shape.ts';

/** A typed, shaped handle on GPU memory: contiguous, row-major, at least one element. Using it after `dispose()` throws DisposedTensorError. */
export interface Tensor extends Disposable {
  /** Unique in this process. */
  readonly id: number;
  readonly device: Device;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Shown in errors. */
  readonly label: string;
  /** Number of elements. */
  readonly size: number;
  /** Bytes of the elements, rounded up to a multiple of 4. */
  readonly byteLength: number;
  readonly isDisposed: boolean;
  /** Submits what is recorded and reads the elements back, row-major; f16 comes as Float32Array. @throws what `Device.flush` throws */
  data(): Promise<HostArray>;
  /** Gives the memory back once no other handle or gradient needs it; calling it twice is harmless. */
  dispose(): void;
}

export interface TensorOptions {
  /** Default: that of the data, else f32. */
  dtype?: DType;
  /** Shown in errors. */
  label?: string;
}

/** One kernel launch. */
export interface Dispatch {
  program: Program;
  /** In the order of the program's bindings; null where nothing is given for an optional one. */
  tensors: readonly (Tensor | null)[];
  /** The uniform struct. */
  params?: Uint8Array;
  /** [x, y, z], each 1…65,535. */
  workgroups: readonly [number, number, number];
}

/** Where work is recorded: it runs in this order, once it is flushed. None of it has a gradient. @throws NoGradientError on a tensor that is being differentiated, outside an op */
export interface Recorder {
  /** Records one kernel launch; a tensor that it writes may not be bound twice. */
  dispatch(launch: Dispatch): void;
  /** Overwrites all elements; the data is copied at once. @throws ShapeError DTypeError */
  write(tensor: Tensor, data: HostArray): void;
  /** Copies all elements to a tensor of as many bytes. @throws ShapeError */
  copy(source: Tensor, target: Tensor): void;
  /** Sets all bytes to 0. */
  fillZero(tensor: Tensor): void;
}

export interface MemoryStats {
  /** Bytes of all buffers that exist on the GPU, in use or waiting for reuse. */
  allocatedBytes: number;
  /** Bytes of the buffers that tensors hold now. */
  inUseBytes: number;
  /** Largest `inUseBytes` since the last `resetPeakMemory()`. */
  peakInUseBytes: number;
  /** Buffers that tensors hold; handles on the same memory count once. */
  liveTensors: number;
}

export interface KernelTime {
  /** Program label. */
  readonly label: string;
  /** GPU time. */
  readonly nanoseconds: number;
}

/** A GPU, or a software adapter. Its calls throw the first error of the device (DeviceLostError, OutOfMemoryError, …) once it has failed. */
export interface Device extends Recorder, Disposable {
  /** What the adapter offers; kernels choose their variant by it. */
  readonly caps: DeviceCaps;
  readonly memory: MemoryStats;
  /** Kernel launches recorded since the device was made. */
  readonly dispatchCount: number;

  /** Uploads host data, row-major; f16 rounds from a Float32Array. @throws ShapeError DTypeError DeviceLimitError */
  tensor(data: HostArray | readonly number[], shape: Shape, options?: TensorOptions): Tensor;
  /** A tensor with undefined contents: a kernel must write all of it. @throws ShapeError DeviceLimitError */
  empty(shape: Shape, options?: TensorOptions): Tensor;
  zeros(shape: Shape, options?: TensorOptions): Tensor;
  /** A new handle on the same memory in another shape; without a gradient, unlike `reshape`. @throws ShapeError NoGradientError */
  view(tensor: Tensor, shape: Shape): Tensor;

  /**
   * A new handle on a part of a tensor; without a gradient.
   * @param offset - of its first element, a multiple of 64 (f32)
   * @throws ArgumentError ShapeError NoGradientError
   */
  slice(tensor: Tensor, offset: number, shape: Shape): Tensor;
  /** Submits what is recorded and reads several tensors back with one wait. @throws what `flush` throws */
  read(tensors: readonly Tensor[]): Promise<HostArray[]>;

  /** Runs a synchronous body and frees every tensor made inside, but those in its result: they pass to the scope around it, or to the caller. */
  scope<R>(body: () => R): R;
  /**
   * Makes a tensor that outlives scopes and compiled steps, such as a table: what `make` records runs once, though a step is being recorded.
   * It lives until its `dispose()`.
   */
  lasting(make: () => Tensor): Tensor;
  /** Takes a tensor out of the scopes that are open: it lives until its `dispose()`. */
  keep(tensor: Tensor): Tensor;

  /** Compiles what is missing and submits what was recorded. @throws KernelCompileError OutOfMemoryError DeviceLostError; NonFiniteError with `debug: 'validate'` */
  flush(): Promise<void>;
  /** Flushes, and waits until the GPU has done all of it. */
  finish(): Promise<void>;
  /** Runs a body and measures each launch on the GPU. @throws UnsupportedError without timestamp queries */
  profile<R>(body: () => R | Promise<R>): Promise<{ result: R; kernels: KernelTime[] }>;

  /** Destroys memory that no tensor holds, after all work is done. */
  trimMemory(): Promise<void>;
  /** Starts `memory.peakInUseBytes` anew. */
  resetPeakMemory(): void;
  /** Resolves with the error if the device is ever lost. */
  readonly lost: Promise<FoxError>;
  /** Destroys the device and all its memory. */
  dispose(): void;
}
