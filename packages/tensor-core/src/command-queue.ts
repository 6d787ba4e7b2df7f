// From recorded commands to the GPU: compile what is missing, submit in order, read back, measure.

import type { KernelTime } from './api.ts';
import type { BufferPool, PooledBuffer } from './buffer-pool.ts';
import { buffersOf, type Command } from './command.ts';
import { CommandEncoder } from './command-encoder.ts';
import type { ErrorWatch } from './error-watch.ts';
import { PipelineCache } from './pipeline-cache.ts';
import type { Program } from './program.ts';
import { Readback } from './readback.ts';
import { TimestampRecorder } from './timestamps.ts';
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
  #commands: Command[] = [];
  /** Batches that were flushed and wait for their submit. */
  readonly #queued = new Set<readonly Command[]>();
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
    this.#commands.push(command);
    if (command.kind === 'dispatch') this.#dispatches++;
  }

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

  async finish(): Promise<void> {
    await this.flush();
    await this.#errors.guard(this.#gpu.queue.onSubmittedWorkDone());
    this.#errors.assertUsable();
  }

  /** Submits, then reads the first bytes of a buffer. */
  async read(source: PooledBuffer, byteLength: number): Promise<ArrayBuffer> {
    this.#errors.assertUsable();
    const readback = new Readback(this.#pool, byteLength);
    this.record(readback.copyFrom(source));
    try {
      await this.flush();
      return await readback.bytes(this.#errors);
    } finally {
      readback.destroy();
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
