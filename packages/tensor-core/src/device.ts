// Device: tensors, recording, submitting, reading back. Nothing here knows a kernel or an op.

import './symbol-dispose.ts';
import type { Tape } from './autograd/tape.ts';
import { BufferPool, type MemoryStats, type PooledBuffer } from './buffer-pool.ts';
import type { DeviceCaps } from './caps.ts';
import { CommandEncoder } from './command-encoder.ts';
import { DebugMemory } from './debug-memory.ts';
import { assertDispatch, type Dispatch } from './dispatch.ts';
import {
  DTYPE_BYTES,
  type DType,
  dtypeOf,
  fromBytes,
  type HostArray,
  hostArray,
  toBytes,
} from './dtype.ts';
import { ErrorWatch } from './error-watch.ts';
import { type FoxError, ShapeError } from './errors.ts';
import { PipelineCache } from './pipeline-cache.ts';
import { buffersOf, type Command, type Program } from './program.ts';
import { Readback } from './readback.ts';
import { ScopeStack } from './scope.ts';
import { assertValidShape, formatShape, type Shape, shapeSize } from './shape.ts';
import { type Storage, Tensor } from './tensor.ts';
import { type KernelTime, TimestampRecorder } from './timestamps.ts';
import { FiniteChecks } from './validate/finite-checks.ts';

export interface TensorOptions {
  dtype?: DType;
  /** Shown in errors. */
  label?: string;
}

export class Device implements Disposable {
  readonly caps: DeviceCaps;
  /** Poisoned memory and guard words, for tests. */
  readonly debugMemory: DebugMemory;
  /** Looks behind every upload and op for NaN and infinity; null unless the device was made to. */
  readonly checks: FiniteChecks | null;
  /** Set while `vjp` records, but not inside an op's forward. */
  tape: Tape | null = null;

  readonly #gpu: GPUDevice;
  readonly #pool: BufferPool;
  readonly #pipelines: PipelineCache;
  readonly #encoder: CommandEncoder;
  readonly #errors: ErrorWatch;
  readonly #scopes = new ScopeStack();
  #commands: Command[] = [];
  /** Batches that were flushed and wait for their submit. */
  readonly #queued = new Set<readonly Command[]>();
  #submitted: Promise<unknown> = Promise.resolve();
  #liveTensors = 0;
  #profiled: KernelTime[] | null = null;
  #dispatches = 0;

  /** Use `createDevice`; this takes a GPUDevice that the page already has. */
  constructor(gpu: GPUDevice, caps: DeviceCaps, { validate = false } = {}) {
    this.#gpu = gpu;
    this.caps = caps;
    this.#pool = new BufferPool(gpu);
    this.#pipelines = new PipelineCache(gpu);
    this.#encoder = new CommandEncoder(gpu, this.#pipelines);
    this.#errors = new ErrorWatch(gpu);
    this.debugMemory = new DebugMemory(this);
    const record = (command: Command) => this.#record(command);
    this.checks = validate ? new FiniteChecks({ pool: this.#pool, record }) : null;
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

  /** A new handle on the same memory with another shape, owned by the current scope. Has no gradient: see `reshape`. */
  view(tensor: Tensor, shape: Shape): Tensor {
    this.tape?.assertUntracked('device.view', [tensor]);
    const view = tensor.alias(shape);
    this.#scopes.add(view);
    return view;
  }

  /** Overwrites a tensor; ordered with the commands recorded before and after. The data is copied at once. */
  write(tensor: Tensor, data: HostArray): void {
    this.tape?.assertUntracked('device.write', [tensor]);
    if (data.length !== tensor.size) {
      throw new ShapeError(
        `write ${tensor.label}: expected ${tensor.size} elements for ${formatShape(tensor.shape)}, got ${data.length}.`,
      );
    }
    this.writeBuffer(tensor.storage.buffer, toBytes(data, tensor.dtype));
    this.checks?.check('upload', 'upload', [tensor]);
  }

  /** Records a host write of raw bytes. */
  writeBuffer(target: PooledBuffer, bytes: Uint8Array<ArrayBuffer>): void {
    this.#record({ kind: 'write', target, bytes });
  }

  /** Copies all elements; shapes may differ, sizes may not. Has no gradient. */
  copy(source: Tensor, target: Tensor): void {
    this.tape?.assertUntracked('device.copy', [source, target]);
    const { buffer, byteLength } = source.storage;
    if (byteLength !== target.storage.byteLength) {
      throw new ShapeError(
        `copy: expected a target of ${byteLength} bytes like ${source.label} ${formatShape(source.shape)}, got ${target.storage.byteLength}.`,
      );
    }
    this.#record({ kind: 'copy', source: buffer, target: target.storage.buffer, byteLength });
  }

  fillZero(tensor: Tensor): void {
    this.tape?.assertUntracked('device.fillZero', [tensor]);
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

  /** Takes a tensor out of the scopes that are open: it lives until its `dispose()`. */
  keep(tensor: Tensor): Tensor {
    this.#scopes.remove(tensor);
    return tensor;
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
  dispatch(launch: Dispatch): void {
    assertDispatch(launch, this.caps.limits.maxComputeWorkgroupsPerDimension);
    const { program, tensors, params, workgroups } = launch;
    const given = tensors.filter((tensor) => tensor !== null);
    this.tape?.assertUntracked(program.label, given);
    const buffers = tensors.map((tensor) => {
      if (!tensor) return null;
      const { buffer, byteLength } = tensor.storage;
      return { buffer, byteLength: byteLength + this.debugMemory.guardBytesOf(buffer) };
    });
    this.#record({ kind: 'dispatch', program, buffers, params: params ?? null, workgroups });
  }

  /**
   * Compiles what is missing and submits what was recorded.
   * @throws KernelCompileError OutOfMemoryError DeviceLostError …; NonFiniteError if the device looks for them: it stays usable
   */
  flush(): Promise<void> {
    const findings = this.checks?.collect();
    const commands = this.#commands;
    this.#commands = [];
    this.#queued.add(commands);
    const submitting = this.#submitted
      .then(() => this.#submit(commands))
      .finally(() => this.#queued.delete(commands));
    // A lost batch leaves its tensors without values: everything after it must fail, too.
    this.#submitted = submitting.catch((error) => this.#errors.fail(error));
    return findings ? findings.after(submitting, this.#errors) : submitting;
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
    const readback = new Readback(this.#pool, byteLength);
    this.#record(readback.copyFrom(source));
    try {
      await this.flush();
      return await readback.bytes(this.#errors);
    } finally {
      readback.destroy();
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
    this.#pool.trim();
    await this.#settleMemory();
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
    if (command.kind === 'dispatch') this.#dispatches++;
  }

  async #submit(commands: readonly Command[]): Promise<void> {
    this.#errors.assertUsable();
    await this.#pool.assertCreated({
      isNamed: this.#isNamedBy(),
      settle: () => this.#settleMemory(),
    });
    await this.#pipelines.compile(programsOf(commands));
    const recorder = this.#profiled ? new TimestampRecorder(this.#gpu) : null;
    await this.#errors.scoped(() => this.#encoder.submit(commands, recorder));
    if (recorder) this.#profiled?.push(...(await this.#errors.guard(recorder.read())));
  }

  /** Which buffers the commands need that wait for their submit. */
  #isNamedBy(): (buffer: PooledBuffer) => boolean {
    let named: Set<PooledBuffer> | null = null;
    return (buffer) => {
      named ??= new Set([...this.#queued, this.#commands].flat().flatMap(buffersOf));
      return named.has(buffer);
    };
  }

  /** After buffers were destroyed: waits until their memory is free. */
  async #settleMemory(): Promise<void> {
    this.#encoder.clearBindGroups();
    // Dawn frees destroyed buffers at a submit.
    this.#gpu.queue.submit([]);
    await this.#errors.guard(this.#gpu.queue.onSubmittedWorkDone());
  }
}

function programsOf(commands: readonly Command[]): Set<Program> {
  const programs = new Set<Program>();
  for (const command of commands) if (command.kind === 'dispatch') programs.add(command.program);
  return programs;
}
