// Device: tensors, recording, submitting, reading back. Nothing here knows a kernel or an op.

import './symbol-dispose.ts';
import { platform } from '#platform';
import type { Tape } from './autograd/tape.ts';
import { BufferPool, type MemoryStats, type PooledBuffer } from './buffer-pool.ts';
import {
  type DeviceCaps,
  featuresToRequest,
  type KernelFamily,
  limitsToRequest,
  probeCaps,
} from './caps.ts';
import { CommandEncoder } from './command-encoder.ts';
import { DebugMemory } from './debug-memory.ts';
import { DTYPE_BYTES, type DType, dtypeOf, fromBytes, type HostArray, toBytes } from './dtype.ts';
import { ErrorWatch } from './error-watch.ts';
import { ArgumentError, type FoxError, invariant, ShapeError } from './errors.ts';
import { PipelineCache } from './pipeline-cache.ts';
import type { AdapterChoice } from './platform/types.ts';
import { type Command, PARAMS_BYTES, type Program } from './program.ts';
import { ScopeStack } from './scope.ts';
import { assertValidShape, formatShape, type Shape, shapeSize } from './shape.ts';
import { type Storage, Tensor } from './tensor.ts';
import { type KernelTime, TimestampRecorder } from './timestamps.ts';

export interface DeviceOptions {
  /** `auto` takes the system's GPU, else a software adapter, and says so. Default: FOX_ADAPTER, else `auto`. */
  adapter?: AdapterChoice;
  /** Kernel family; `auto` follows the adapter. Default: FOX_KERNELS, else `auto`. */
  kernels?: KernelFamily | 'auto';
}

export interface TensorOptions {
  dtype?: DType;
  /** Shown in errors. */
  label?: string;
}

/** One kernel launch. `params` holds the uniform struct, at most 64 bytes; `workgroups` at most 65,535 in each dimension. */
export interface Dispatch {
  program: Program;
  tensors: readonly Tensor[];
  params?: Uint8Array;
  workgroups: readonly [number, number, number];
}

/** Opens the best adapter. @throws NoAdapterError saying what was tried and what to do. */
export async function createDevice(options: DeviceOptions = {}): Promise<Device> {
  const adapterChoice = options.adapter ?? oneOf('FOX_ADAPTER', ['auto', 'hardware', 'software']);
  const kernels = options.kernels ?? oneOf('FOX_KERNELS', ['auto', 'gpu', 'software']);
  const { adapter, toggles, notes } = await platform.openAdapter(adapterChoice);
  const gpu = await adapter.requestDevice({
    label: 'vulpes',
    requiredFeatures: featuresToRequest(adapter),
    requiredLimits: limitsToRequest(adapter),
  });
  return new Device(gpu, probeCaps(gpu, adapter.info, { kernels, toggles, notes }));
}

/** A choice from the environment; the first one is the default. */
function oneOf<const C extends string>(name: string, choices: readonly [C, ...C[]]): C {
  const value = platform.setting(name) ?? choices[0];
  const found = choices.find((choice) => choice === value);
  if (found) return found;
  throw new ArgumentError(`${name}: expected ${choices.join(' | ')}, got '${value}'.`);
}

export class Device implements Disposable {
  readonly caps: DeviceCaps;
  /** Poisoned memory and guard words, for tests. */
  readonly debugMemory: DebugMemory;
  /** Set while `valueAndGrad` records. */
  tape: Tape | null = null;

  readonly #gpu: GPUDevice;
  readonly #pool: BufferPool;
  readonly #pipelines: PipelineCache;
  readonly #encoder: CommandEncoder;
  readonly #errors: ErrorWatch;
  readonly #scopes = new ScopeStack();
  #commands: Command[] = [];
  #submitted: Promise<unknown> = Promise.resolve();
  #liveTensors = 0;
  #profiled: KernelTime[] | null = null;
  #dispatches = 0;

  /** Use `createDevice`; this takes a GPUDevice that the page already has. */
  constructor(gpu: GPUDevice, caps: DeviceCaps) {
    this.#gpu = gpu;
    this.caps = caps;
    this.#pool = new BufferPool(gpu);
    this.#pipelines = new PipelineCache(gpu);
    this.#encoder = new CommandEncoder(gpu, this.#pipelines);
    this.#errors = new ErrorWatch(gpu);
    this.debugMemory = new DebugMemory(this);
  }

  get memory(): MemoryStats {
    return { ...this.#pool.stats(), liveTensors: this.#liveTensors };
  }

  /** Kernel launches recorded since the device was made. */
  get dispatchCount(): number {
    return this.#dispatches;
  }

  // ---- tensors ----

  /** Uploads host data. f16 rounds from a Float32Array. @throws ShapeError DTypeError DeviceLimitError */
  tensor(data: HostArray | readonly number[], shape: Shape, options: TensorOptions = {}): Tensor {
    const host = Array.isArray(data)
      ? hostArray(data, options.dtype ?? 'f32')
      : (data as HostArray);
    const tensor = this.empty(shape, {
      dtype: options.dtype ?? dtypeOf(host),
      label: options.label ?? 'tensor',
    });
    this.write(tensor, host);
    return tensor;
  }

  /** A tensor with undefined contents: a kernel must write all of it. */
  empty(shape: Shape, { dtype = 'f32', label = 'tensor' }: TensorOptions = {}): Tensor {
    assertValidShape(shape, label);
    this.#errors.assertUsable();
    const byteLength = Math.ceil((shapeSize(shape) * DTYPE_BYTES[dtype]) / 4) * 4;
    const buffer = this.#pool.acquire(byteLength + this.debugMemory.guardBytes, label);
    const tensor = new Tensor(
      this,
      { buffer, byteLength, references: 1 },
      [...shape],
      dtype,
      label,
    );
    this.#liveTensors++;
    this.#scopes.add(tensor);
    this.debugMemory.onAcquire(buffer, byteLength, label);
    return tensor;
  }

  zeros(shape: Shape, options: TensorOptions = {}): Tensor {
    const tensor = this.empty(shape, options);
    this.fillZero(tensor);
    return tensor;
  }

  /** A new handle on the same memory with another shape, owned by the current scope. Not recorded on the tape: see `reshape`. */
  view(tensor: Tensor, shape: Shape): Tensor {
    const view = tensor.alias(shape);
    this.#scopes.add(view);
    return view;
  }

  /** Overwrites a tensor; ordered with the commands recorded before and after. The data is copied at once. */
  write(tensor: Tensor, data: HostArray): void {
    if (data.length !== tensor.size) {
      throw new ShapeError(
        `write ${tensor.label}: expected ${tensor.size} elements for ${formatShape(tensor.shape)}, got ${data.length}.`,
      );
    }
    this.writeBuffer(tensor.storage.buffer, toBytes(data, tensor.dtype));
  }

  /** Records a host write of raw bytes. */
  writeBuffer(target: PooledBuffer, bytes: Uint8Array<ArrayBuffer>): void {
    this.#record({ kind: 'write', target, bytes });
  }

  copy(source: Tensor, target: Tensor): void {
    const { buffer, byteLength } = source.storage;
    if (byteLength !== target.storage.byteLength) {
      throw new ShapeError(
        `copy: expected a target of ${byteLength} bytes like ${source.label} ${formatShape(source.shape)}, got ${target.storage.byteLength}.`,
      );
    }
    this.#record({ kind: 'copy', source: buffer, target: target.storage.buffer, byteLength });
  }

  fillZero(tensor: Tensor): void {
    const { buffer, byteLength } = tensor.storage;
    this.#record({ kind: 'clear', target: buffer, byteLength });
  }

  /** Frees every tensor made inside but those in the result, which pass to the scope around it (or to the caller). */
  scope<R>(body: () => R): R {
    return this.#scopes.run(body).result;
  }

  /** Like `scope`, but leaves it to the caller what to keep: returns the tensors made inside, still alive. */
  collect<R>(body: () => R): { result: R; made: ReadonlySet<Tensor> } {
    return this.#scopes.collect(body);
  }

  /** Gives a tensor to the scope that is open now; without one it stays the caller's. */
  adopt(tensor: Tensor): Tensor {
    this.#scopes.add(tensor);
    return tensor;
  }

  /** Called by `Tensor.dispose` and by the tape. */
  releaseStorage(storage: Storage): void {
    if (--storage.references > 0) return;
    this.#liveTensors--;
    if (!this.debugMemory.onRelease(storage.buffer)) this.#pool.release(storage.buffer);
  }

  /** Destroys a buffer instead of keeping it for reuse; for `debugMemory`, after everything was submitted. */
  discardBuffer(buffer: PooledBuffer): void {
    this.debugMemory.forget(buffer);
    this.#pool.discard(buffer);
  }

  // ---- recording and running ----

  /** Records one kernel launch. */
  dispatch({ program, tensors, params, workgroups }: Dispatch): void {
    invariant(
      tensors.length === program.access.length,
      `${program.label}: wrong number of tensors`,
    );
    invariant(
      (params !== undefined) === program.hasParams,
      `${program.label}: params missing or not wanted`,
    );
    invariant(
      !params || params.byteLength <= PARAMS_BYTES,
      `${program.label}: params above ${PARAMS_BYTES} bytes`,
    );
    const limit = this.caps.limits.maxComputeWorkgroupsPerDimension;
    invariant(
      workgroups.every((count) => Number.isInteger(count) && count >= 1 && count <= limit),
      `${program.label}: workgroups ${workgroups} outside 1…${limit}`,
    );
    assertNoAliasing(program, tensors);
    const buffers = tensors.map(({ storage: { buffer, byteLength } }) => {
      return { buffer, byteLength: byteLength + this.debugMemory.guardBytesOf(buffer) };
    });
    this.#record({ kind: 'dispatch', program, buffers, params: params ?? null, workgroups });
    this.#dispatches++;
  }

  /** Compiles what is missing and submits what was recorded. @throws KernelCompileError OutOfMemoryError DeviceLostError … */
  flush(): Promise<void> {
    const commands = this.#commands;
    this.#commands = [];
    const submitting = this.#submitted.then(() => this.#submit(commands));
    // A lost batch leaves its tensors without values: everything after it must fail, too.
    this.#submitted = submitting.catch((error) => this.#errors.fail(error));
    return submitting;
  }

  /** Waits until the GPU has done everything that was recorded. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#errors.guard(this.#gpu.queue.onSubmittedWorkDone());
    this.#errors.assertUsable();
  }

  /** Submits, then reads a tensor's elements. */
  async read(tensor: Tensor): Promise<HostArray> {
    const { dtype, size } = tensor;
    return fromBytes(await this.readBytes(tensor.storage.buffer, tensor.byteLength), dtype, size);
  }

  /** Submits, then reads the first bytes of a buffer. */
  async readBytes(source: PooledBuffer, byteLength: number): Promise<ArrayBuffer> {
    this.#errors.assertUsable();
    const readable = this.#pool.createReadable(byteLength);
    this.#record({
      kind: 'copy',
      source,
      target: { id: -1, gpu: readable, capacity: byteLength },
      byteLength,
    });
    try {
      await this.flush();
      await this.#errors.guard(readable.mapAsync(1));
      return readable.getMappedRange().slice(0);
    } finally {
      readable.destroy();
    }
  }

  /** Runs a body and measures each dispatch on the GPU. @throws UnsupportedError without timestamp queries. */
  async profile<R>(body: () => R | Promise<R>): Promise<{ result: R; kernels: KernelTime[] }> {
    this.#errors.assertFeature(this.caps.features.timestampQuery, 'timestamp-query');
    await this.finish();
    this.#profiled = [];
    try {
      const result = await body();
      await this.finish();
      return { result, kernels: this.#profiled };
    } finally {
      this.#profiled = null;
    }
  }

  /** Destroys pooled memory that no tensor holds. */
  async trimMemory(): Promise<void> {
    await this.finish();
    this.#encoder.clearBindGroups();
    this.#pool.trim();
    // Dawn frees destroyed buffers at a submit.
    this.#gpu.queue.submit([]);
    await this.#gpu.queue.onSubmittedWorkDone();
  }

  resetPeakMemory(): void {
    this.#pool.resetPeak();
  }

  /** Resolves with the error if the device is ever lost. */
  get lost(): Promise<FoxError> {
    return this.#errors.lost;
  }

  dispose(): void {
    this.#errors.expectLoss();
    this.#gpu.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #record(command: Command): void {
    this.#errors.assertUsable();
    this.#commands.push(command);
  }

  async #submit(commands: readonly Command[]): Promise<void> {
    this.#errors.assertUsable();
    await this.#pool.assertCreated();
    await this.#pipelines.compile(programsOf(commands));
    const recorder = this.#profiled ? new TimestampRecorder(this.#gpu) : null;
    await this.#errors.scoped(() => this.#encoder.submit(commands, recorder));
    if (recorder) this.#profiled?.push(...(await this.#errors.guard(recorder.read())));
  }
}

function programsOf(commands: readonly Command[]): Set<Program> {
  const programs = new Set<Program>();
  for (const command of commands) if (command.kind === 'dispatch') programs.add(command.program);
  return programs;
}

/** WebGPU forbids a buffer that is both read and written in one dispatch, unless by one read_write binding. */
function assertNoAliasing(program: Program, tensors: readonly Tensor[]): void {
  program.access.forEach((access, index) => {
    if (access === 'read') return;
    const written = tensors[index]?.storage.buffer;
    const again = tensors.findIndex(
      (other, at) => at !== index && other.storage.buffer === written,
    );
    invariant(
      again < 0,
      `${program.label}: bindings ${index} and ${again} share one buffer and one is written`,
    );
  });
}

function hostArray(data: readonly number[], dtype: DType): HostArray {
  if (dtype === 'i32') return Int32Array.from(data);
  if (dtype === 'u32') return Uint32Array.from(data);
  return Float32Array.from(data);
}
