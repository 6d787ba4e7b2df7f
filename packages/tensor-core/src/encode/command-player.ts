// Plays prepared commands into command encoders and passes, and submits them.

import type { PooledBuffer } from '../buffer-range.ts';
import type { WriteCommand } from '../command.ts';
import type { PreparedCommand, PreparedDispatch } from './prepare.ts';
import type { Staging } from './staging.ts';
import type { TimestampRecorder } from './timestamps.ts';

interface PlayerParts {
  readonly device: GPUDevice;
  readonly staging: Staging;
  /** Measure each dispatch. */
  readonly timestamps: TimestampRecorder | null;
}

export class CommandPlayer {
  readonly #device: GPUDevice;
  readonly #staging: Staging;
  readonly #timestamps: TimestampRecorder | null;
  /** Ids of the buffers that the open encoder's commands name. */
  readonly #touched = new Set<number>();
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #pipeline: GPUComputePipeline | null = null;

  constructor({ device, staging, timestamps }: PlayerParts) {
    this.#device = device;
    this.#staging = staging;
    this.#timestamps = timestamps;
  }

  /** @param named - buffers that the command reads or writes */
  play(command: PreparedCommand, named: readonly PooledBuffer[]): void {
    if (command.kind === 'write') {
      const [target] = named;
      // A host write is ordered before the next submit, so it must wait only for earlier users of its buffer.
      if (target && this.#touched.has(target.id)) this.#writeBehind(command);
      else this.#encode(command);
      return;
    }
    this.#encode(command);
    for (const buffer of named) this.#touched.add(buffer.id);
  }

  /** @param outside - the buffers that others may write, too */
  playPlan(commands: readonly PreparedCommand[], outside: readonly PooledBuffer[]): void {
    for (const command of commands) this.#encode(command);
    for (const buffer of outside) this.#touched.add(buffer.id);
  }

  submit(): void {
    this.#timestamps?.resolve(this.#openEncoder());
    this.#submitOpen();
  }

  #encode(command: PreparedCommand): void {
    switch (command.kind) {
      case 'dispatch':
        this.#encodeDispatch(command);
        return;
      case 'copy': {
        const { source, target } = command;
        this.#endPass();
        this.#openEncoder().copyBufferToBuffer(
          source.buffer.gpu,
          source.byteOffset,
          target.buffer.gpu,
          target.byteOffset,
          source.byteLength,
        );
        return;
      }
      case 'clear': {
        const { buffer, byteOffset, byteLength } = command.target;
        this.#endPass();
        this.#openEncoder().clearBuffer(buffer.gpu, byteOffset, byteLength);
        return;
      }
      case 'write': {
        const { buffer, byteOffset } = command.target;
        this.#device.queue.writeBuffer(buffer.gpu, byteOffset, command.bytes);
        return;
      }
      default:
        command satisfies never;
    }
  }

  /** Behind the commands of the open encoder: as a copy among them, or after their submit. */
  #writeBehind(command: WriteCommand): void {
    const { target, bytes } = command;
    const staged = this.#staging.put(bytes);
    if (staged) {
      this.#endPass();
      this.#openEncoder().copyBufferToBuffer(
        staged.buffer,
        staged.byteOffset,
        target.buffer.gpu,
        target.byteOffset,
        bytes.byteLength,
      );
    } else {
      this.#submitOpen();
      this.#encode(command);
    }
  }

  #encodeDispatch({ label, pipeline, group, offsets, workgroups }: PreparedDispatch): void {
    if (this.#timestamps) this.#endPass();
    const pass = this.#openPass(label);
    if (pipeline !== this.#pipeline) pass.setPipeline(pipeline);
    this.#pipeline = pipeline;
    pass.setBindGroup(0, group, offsets);
    pass.dispatchWorkgroups(...workgroups);
    if (this.#timestamps) this.#endPass();
  }

  #openEncoder(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #openPass(label: string): GPUComputePassEncoder {
    if (this.#pass) return this.#pass;
    const timestampWrites = this.#timestamps?.nextPass(label);
    this.#pass = this.#openEncoder().beginComputePass(timestampWrites ? { timestampWrites } : {});
    return this.#pass;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
    this.#pipeline = null;
  }

  #submitOpen(): void {
    this.#endPass();
    if (this.#encoder) this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#staging.clear();
    this.#touched.clear();
  }
}
