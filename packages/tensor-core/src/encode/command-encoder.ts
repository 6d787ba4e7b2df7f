// Encodes recorded commands into as few submits as their order allows, and measures dispatches on request.

import { buffersOf, type Command } from '../command.ts';
import type { StepPlan } from '../replay/step-plan.ts';
import { BindGroups } from './bind-groups.ts';
import { CommandPlayer } from './command-player.ts';
import type { PipelineCache } from './pipeline-cache.ts';
import { type PreparedCommand, prepare } from './prepare.ts';
import { Staging } from './staging.ts';
import type { TimestampRecorder } from './timestamps.ts';
import { createUniformBuffer, packUniforms } from './uniforms.ts';

/** What a batch consists of: commands, and plans of commands. */
export type BatchItem = Command | { readonly kind: 'plan'; readonly plan: StepPlan };

export class CommandEncoder {
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #bindGroups: BindGroups;
  readonly #staging: Staging;
  /** Holds the uniform structs of a batch; it grows. */
  #uniforms: GPUBuffer | null = null;

  constructor(device: GPUDevice, pipelines: PipelineCache) {
    this.#device = device;
    this.#pipelines = pipelines;
    this.#bindGroups = new BindGroups(device);
    this.#staging = new Staging(device);
  }

  /** Encodes and submits in order. Every program must be compiled. `timestamps` puts each dispatch in a timed pass of its own. */
  submit(batch: readonly BatchItem[], timestamps: TimestampRecorder | null): void {
    // Plans go first: their outputs have memory from then on.
    const plans = new Map<StepPlan, readonly PreparedCommand[]>();
    for (const item of batch) {
      if (item.kind === 'plan')
        plans.set(item.plan, item.plan.prepare(this.#device, this.#pipelines));
    }
    const commands = this.#prepare(batch.filter((item) => item.kind !== 'plan')).values();
    const [device, staging] = [this.#device, this.#staging];
    const player = new CommandPlayer({ device, staging, timestamps });
    for (const item of batch) {
      if (item.kind === 'plan') player.playPlan(plans.get(item.plan) ?? [], item.plan.outside);
      else player.play(commands.next().value as PreparedCommand, buffersOf(item));
    }
    player.submit();
  }

  /** Bind groups keep buffers alive: forget them when buffers are destroyed. */
  clearBindGroups(): void {
    this.#bindGroups.clear();
  }

  #prepare(commands: readonly Command[]) {
    const alignment = this.#device.limits.minUniformBufferOffsetAlignment;
    const { bytes, offsets } = packUniforms(commands, alignment);
    if (bytes.byteLength > 0) {
      // The queue orders it before the batch's first submit.
      this.#device.queue.writeBuffer(this.#uniformsFor(bytes.byteLength), 0, bytes);
    }
    const [pipelines, bindGroups] = [this.#pipelines, this.#bindGroups];
    return prepare(commands, { pipelines, bindGroups, uniforms: this.#uniforms, offsets });
  }

  #uniformsFor(byteLength: number): GPUBuffer {
    if (this.#uniforms && this.#uniforms.size >= byteLength) return this.#uniforms;
    this.#uniforms?.destroy();
    this.#bindGroups.clear();
    const size = 2 ** Math.ceil(Math.log2(Math.max(byteLength, 65536)));
    this.#uniforms = createUniformBuffer(this.#device, size, 'uniforms');
    return this.#uniforms;
  }
}
