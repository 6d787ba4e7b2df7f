// What is computed of a batch of tokens, recorded once for each shape of batch.

import { type CompiledStep, compileStep, type Device, type StepInput } from '@vulpes/tensor-core';
import type { TokenBatch } from './data/batches.ts';
import type { TensorBatch } from './model.ts';

type BatchStep<Outputs> = CompiledStep<
  { readonly inputIds: StepInput; readonly labels: StepInput },
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
  run({ inputs, labels, shape }: TokenBatch): Outputs {
    const key = shape.join();
    const step = this.#steps.get(key) ?? this.#compile(shape);
    this.#steps.set(key, step);
    return step.run({ inputIds: inputs, labels });
  }

  dispose(): void {
    for (const step of this.#steps.values()) step.dispose();
    this.#steps.clear();
  }

  #compile(shape: TokenBatch['shape']): BatchStep<Outputs> {
    const ids = { shape, dtype: 'i32' } as const;
    const definition = { inputs: { inputIds: ids, labels: ids }, record: this.#record };
    return compileStep(this.#device, definition, this.#options);
  }
}
