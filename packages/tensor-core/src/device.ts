// Device: makes tensors, records work on them, and owns what a GPU needs. Nothing here knows a kernel or an op.

import './symbol-dispose.ts';
import type { Device, Dispatch, KernelTime, MemoryStats, Tensor, TensorOptions } from './api.ts';
import { BufferPool } from './buffer-pool.ts';
import type { DeviceCaps } from './caps.ts';
import { CommandQueue } from './command-queue.ts';
import { DebugMemory } from './debug-memory.ts';
import { assertDispatch } from './dispatch.ts';
import { dtypeOf, fromBytes, type HostArray, hostArray, toBytes } from './dtype.ts';
import { ErrorWatch } from './error-watch.ts';
import { type FoxError, invariant, ShapeError } from './errors.ts';
import { type DeviceInternals, setInternals } from './internals.ts';
import { ReplayHost } from './replay/replay-host.ts';
import { ScopeStack } from './scope.ts';
import { formatShape, type Shape } from './shape.ts';
import { aliasTensor, getStorage, sliceTensor } from './tensor.ts';
import { TensorMemory } from './tensor-memory.ts';

export class GpuDevice implements Device {
  readonly caps: DeviceCaps;
  readonly #gpu: GPUDevice;
  readonly #errors: ErrorWatch;
  readonly #queue: CommandQueue;
  readonly #memory: TensorMemory;
  readonly #internals: DeviceInternals;

  /** Use `createDevice`. */
  constructor(gpu: GPUDevice, caps: DeviceCaps, debug: 'off' | 'validate' | 'replay' = 'off') {
    this.#gpu = gpu;
    this.caps = caps;
    this.#errors = new ErrorWatch(gpu);
    const pool = new BufferPool(gpu);
    const validate = debug === 'validate';
    this.#queue = new CommandQueue({ gpu, pool, errors: this.#errors, validate });
    const debugMemory = new DebugMemory(pool, this.#queue);
    const scopes = new ScopeStack();
    this.#memory = new TensorMemory({ device: this, pool, debugMemory, scopes });
    const [queue, memory] = [this.#queue, this.#memory];
    const replay = new ReplayHost({ pool, queue, memory }, debug === 'replay');
    const { checks } = queue;
    this.#internals = setInternals(this, { scopes, checks, debugMemory, replay, recording: null });
  }

  get memory(): MemoryStats {
    return this.#memory.stats();
  }

  get dispatchCount(): number {
    return this.#queue.dispatchCount;
  }

  get lost(): Promise<FoxError> {
    return this.#errors.lost;
  }

  tensor(data: HostArray | readonly number[], shape: Shape, options: TensorOptions = {}): Tensor {
    const host = Array.isArray(data)
      ? hostArray(data, options.dtype ?? 'f32')
      : (data as HostArray);
    const { dtype = dtypeOf(host), label = 'tensor' } = options;
    const tensor = this.empty(shape, { dtype, label });
    this.write(tensor, host);
    return tensor;
  }

  empty(shape: Shape, { dtype = 'f32', label = 'tensor' }: TensorOptions = {}): Tensor {
    this.#errors.assertUsable();
    return this.#memory.allocate(shape, dtype, label);
  }

  zeros(shape: Shape, options: TensorOptions = {}): Tensor {
    const tensor = this.empty(shape, options);
    this.fillZero(tensor);
    return tensor;
  }

  view(tensor: Tensor, shape: Shape): Tensor {
    this.#assertUntracked('device.view', tensor);
    const view = aliasTensor(tensor, shape);
    this.#internals.scopes.add(view);
    return view;
  }

  slice(tensor: Tensor, offset: number, shape: Shape): Tensor {
    this.#assertUntracked('device.slice', tensor);
    const slice = sliceTensor(tensor, offset, shape);
    this.#internals.scopes.add(slice);
    return slice;
  }

  write(tensor: Tensor, data: HostArray): void {
    this.#assertUntracked('device.write', tensor);
    if (data.length !== tensor.size) {
      throw new ShapeError(
        `write ${tensor.label}: expected ${tensor.size} elements for ${formatShape(tensor.shape)}, got ${data.length}.`,
      );
    }
    const bytes = toBytes(data, tensor.dtype);
    this.#queue.record({ kind: 'write', target: getStorage(tensor), bytes });
    this.#internals.checks?.check('upload', 'upload', [tensor]);
  }

  copy(source: Tensor, target: Tensor): void {
    this.#assertUntracked('device.copy', source, target);
    const [from, to] = [getStorage(source), getStorage(target)];
    if (from.byteLength !== to.byteLength) {
      throw new ShapeError(
        `copy: expected a target of ${from.byteLength} bytes like ${source.label} ${formatShape(source.shape)}, got ${to.byteLength}.`,
      );
    }
    invariant(from.buffer !== to.buffer, `copy: ${source.label} and its target share one buffer`);
    this.#queue.record({ kind: 'copy', source: from, target: to });
  }

  fillZero(tensor: Tensor): void {
    this.#assertUntracked('device.fillZero', tensor);
    this.#queue.record({ kind: 'clear', target: getStorage(tensor) });
  }

  dispatch(launch: Dispatch): void {
    assertDispatch(launch, this.caps.limits.maxComputeWorkgroupsPerDimension);
    const { program, tensors, params = null, workgroups } = launch;
    this.#assertUntracked(program.label, ...tensors);
    const buffers = tensors.map((tensor) => tensor && this.#memory.bind(getStorage(tensor)));
    this.#queue.record({ kind: 'dispatch', program, buffers, params, workgroups });
  }

  scope<R>(body: () => R): R {
    return this.#internals.scopes.run(body);
  }

  async read(tensors: readonly Tensor[]): Promise<HostArray[]> {
    const bytes = await this.#queue.read(tensors.map(getStorage));
    return tensors.map(({ dtype, size }, index) =>
      fromBytes(bytes[index] as ArrayBuffer, dtype, size),
    );
  }

  lasting(make: () => Tensor): Tensor {
    const kept = () => this.keep(make());
    return this.#queue.outsideCapture(() => this.#memory.allocateFromPool(kept));
  }

  keep(tensor: Tensor): Tensor {
    this.#internals.scopes.remove(tensor);
    return tensor;
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  finish(): Promise<void> {
    return this.#queue.finish();
  }

  async profile<R>(body: () => R | Promise<R>): Promise<{ result: R; kernels: KernelTime[] }> {
    this.#errors.assertFeature(this.caps.features.timestampQuery, 'timestamp-query');
    return this.#queue.profile(body);
  }

  trimMemory(): Promise<void> {
    return this.#queue.trim();
  }

  resetPeakMemory(): void {
    this.#memory.resetPeak();
  }

  dispose(): void {
    this.#errors.expectLoss();
    this.#gpu.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #assertUntracked(what: string, ...tensors: readonly (Tensor | null)[]): void {
    this.#internals.recording?.assertUntracked(what, tensors);
  }
}
