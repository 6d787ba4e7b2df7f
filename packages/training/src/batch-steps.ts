// What is computed of a batch of tokens, recorded once for each shape of batch.

import { type CompiledStep, compileStep, type Device, type StepInput } from '@vulpes/tensor-core';
import type { TokenBatch } from './data/batches.ts';
import type { TensorBatch } from './model.ts';

type BatchStep<Outputs> = CompiledStep<
  { readonly inputIds: StepInput; readonly labels: StepInput; readonly cuSeqlens?: StepInput },
  Outputs
>;

export class BatchSteps<Outputs> {
  readonly #device: Device;
  readonly #record: (batch: TensorBatch) => Outputs;
  readonly #options: { readonly replay?: boolean };
  /** By shape of the batch. */
  readonly #steps = new Map<string, BatchStep<Outputs>>();

  /** @param options.replay - false: every call records */
  constructor(
    device: Device,
    record: (batch: TensorBatch) => Outputs,
    options: { readonly replay?: boolean } = {},
  ) {
    this.#device = device;
    this.#record = record;
    this.#options = options;
  }

  /** One for each shape that has come. */
  get steps(): readonly BatchStep<Outputs>[] {
    return [...this.#steps.values()];
  }

  /** @returns what `record` returned; a later batch of the same shape overwrites what it holds */
  run(batch: TokenBatch): Outputs {
    const { inputs, labels, shape, cuSeqlens } = batch;
    const key = [...shape, cuSeqlens?.length].join();
    const step = this.#steps.get(key) ?? this.#compile(batch);
    this.#steps.set(key, step);
    return step.run({ inputIds: inputs, labels, ...(cuSeqlens && { cuSeqlens }) });
  }

  dispose(): void {
    for (const step of this.#steps.values()) step.dispose();
    this.#steps.clear();
  }

  #compile({ shape, cuSeqlens }: TokenBatch): BatchStep<Outputs> {
    const ids = { shape, dtype: 'i32' } as const;
    const documents = cuSeqlens && { ...ids, shape: [shape[0], cuSeqlens.length / shape[0]] };
    const inputs = { inputIds: ids, labels: ids, ...(documents && { cuSeqlens: documents }) };
    const definition = { inputs, record: this.#record };
    return compileStep(this.#device, definition, this.#options);
  }
}
