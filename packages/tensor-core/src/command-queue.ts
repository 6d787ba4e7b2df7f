// From recorded commands to the GPU: compile what is missing, submit in order, read back, measure.

import type { KernelTime } from './api.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { BufferRange, PooledBuffer } from './buffer-range.ts';
import { buffersOf, type Command } from './command.ts';
import { type BatchItem, CommandEncoder } from './encode/command-encoder.ts';
import { PipelineCache } from './encode/pipeline-cache.ts';
import { TimestampRecorder } from './encode/timestamps.ts';
import type { ErrorWatch } from './error-watch.ts';
import { ReplayError } from './errors.ts';
import type { Program } from './program.ts';
import { Readback } from './readback.ts';
import type { StepPlan } from './replay/step-plan.ts';
import { isVirtual } from './replay/virtual-buffers.ts';
import { FiniteChecks } from './validate/finite-checks.ts';

interface QueueParts {
  readonly gpu: GPUDevice;
  readonly pool: BufferPool;
  readonly errors: ErrorWatch;
  /** Look for NaN and infinity. */
  readonly validate: boolean;
}

export class CommandQueue {
  /** Looks behind every upload and op for NaN and infinity; null unless the device was made to. */
  readonly checks: FiniteChecks | null;
  readonly #gpu: GPUDevice;
  readonly #pool: BufferPool;
  readonly #errors: ErrorWatch;
  readonly #pipelines: PipelineCache;
  readonly #encoder: CommandEncoder;
  #commands: BatchItem[] = [];
  /** Commands of a step that is being captured. */
  #captured: Command[] | null = null;
  /** What the captured body called that it may not: thrown at its end, too, as a promise may hide it. */
  #captureFault: ReplayError | null = null;
  /** Batches that were flushed and wait for their submit. */
  readonly #queued = new Set<readonly BatchItem[]>();
  #submitted: Promise<unknown> = Promise.resolve();
  #profiled: KernelTime[] | null = null;
  #dispatches = 0;

  constructor({ gpu, pool, errors, validate }: QueueParts) {
    this.#gpu = gpu;
    this.#pool = pool;
    this.#errors = errors;
    this.#pipelines = new PipelineCache(gpu);
    this.#encoder = new CommandEncoder(gpu, this.#pipelines);
    const record = (command: Command) => this.record(command);
    this.checks = validate ? new FiniteChecks({ pool, record }) : null;
  }

  /** Launches recorded so far. */
  get dispatchCount(): number {
    return this.#dispatches;
  }

  record(command: Command): void {
    this.#errors.assertUsable();
    if (this.#captured) {
      this.#captured.push(command);
      return;
    }
    assertReal(command);
    this.#commands.push(command);
    if (command.kind === 'dispatch') this.#dispatches++;
  }

  /** Runs a body whose commands are not part of the step that is being captured. */
  outsideCapture<R>(body: () => R): R {
    const captured = this.#captured;
    this.#captured = null;
    try {
      return body();
    } finally {
      this.#captured = captured;
    }
  }

  recordPlan(plan: StepPlan): void {
    this.#errors.assertUsable();
    this.#assertNotCapturing('run()');
    this.#commands.push({ kind: 'plan', plan });
    this.#dispatches += plan.dispatches;
  }

  /** Runs a body and keeps the commands that it records. @throws ReplayError where it flushes or reads */
  capture<R>(body: () => R): { result: R; commands: Command[] } {
    this.#assertNotCapturing('a step');
    const commands: Command[] = [];
    this.#captured = commands;
    this.#captureFault = null;
    try {
      const result = body();
      if (this.#captureFault) throw this.#captureFault;
      return { result, commands };
    } finally {
      this.#captured = null;
    }
  }

  flush(): Promise<void> {
    this.#assertNotCapturing('flush()');
    const findings = this.checks?.collect();
    const commands = this.#commands;
    this.#commands = [];
    this.#queued.add(commands);
    this.#pool.sortFree();
    const submitting = this.#submitted
      .then(() => this.#submit(commands))
      .finally(() => this.#queued.delete(commands));
    // A lost batch leaves its tensors without values: everything after it must fail, too.
    this.#submitted = submitting.catch((error) => this.#errors.fail(error));
    return findings ? findings.after(submitting, this.#errors) : submitting;
  }

  /** Frees a plan's memory, after the work that is recorded has been submitted. */
  destroyPlan(plan: StepPlan): void {
    const destroy = () => {
      plan.destroy();
      this.#encoder.clearBindGroups();
    };
    this.flush().then(destroy, destroy);
  }

  async finish(): Promise<void> {
    await this.flush();
    await this.#errors.guard(this.#gpu.queue.onSubmittedWorkDone());
    this.#errors.assertUsable();
  }

  /** Submits, then reads the bytes of each range. */
  async read(sources: readonly BufferRange[]): Promise<ArrayBuffer[]> {
    this.#errors.assertUsable();
    this.#assertNotCapturing('data() or read()');
    if (sources.length === 0) return [];
    const readback = new Readback(this.#pool, sources);
    for (const copy of readback.copies()) this.record(copy);
    try {
      await this.flush();
      return await readback.bytes(this.#errors);
    } finally {
      readback.release();
    }
  }

  /** Runs a body and measures each dispatch, by timestamp queries. */
  async profile<R>(body: () => R | Promise<R>): Promise<{ result: R; kernels: KernelTime[] }> {
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

  /** Destroys the pool's free buffers, once no command names them. */
  async trim(): Promise<void> {
    await this.finish();
    this.#pool.trim();
    await this.#settleMemory();
  }

  async #submit(commands: readonly BatchItem[]): Promise<void> {
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

  #assertNotCapturing(what: string): void {
    if (!this.#captured) return;
    this.#captureFault = new ReplayError(
      `compileStep: expected record to only record, but it called ${what}. Do that before or after the step.`,
    );
    throw this.#captureFault;
  }

  /** Which buffers the commands need that wait for their submit. */
  #isNamedBy(): (buffer: PooledBuffer) => boolean {
    let named: Set<PooledBuffer> | null = null;
    return (buffer) => {
      named ??= new Set([...this.#queued, this.#commands].flat().flatMap(buffersNamedBy));
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

/** A tensor that a recorded step made and did not return has no memory. @throws ReplayError */
function assertReal(command: Command): void {
  const virtual = buffersOf(command).find(isVirtual);
  if (!virtual) return;
  throw new ReplayError(
    `tensor '${virtual.label}': expected a tensor with memory, got one that a compiled step made and did not return. Return it from record.`,
  );
}

const buffersNamedBy = (item: BatchItem): readonly PooledBuffer[] =>
  item.kind === 'plan' ? item.plan.outside : buffersOf(item);

function programsOf(batch: readonly BatchItem[]): Set<Program> {
  const programs = new Set<Program>();
  for (const item of batch) {
    if (item.kind === 'dispatch') programs.add(item.program);
    if (item.kind === 'plan') for (const program of item.plan.programs) programs.add(program);
  }
  return programs;
}
