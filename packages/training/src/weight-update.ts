// Last part of a training step: global norm, clip and AdamW, one launch a slab.

import {
  type Arena,
  type CompiledStep,
  compileStep,
  disposeAll,
  type StepInput,
  type Tensor,
} from '@vulpes/tensor-core';
import {
  adamwStep,
  globalNorm,
  STEP_NUMBERS,
  stepControl,
  toDecayBlocks,
} from '@vulpes/wgsl-kernels';
import type { Model } from './model.ts';
import { ADAMW } from './settings.ts';
import { arenaEntries, type TrainedState } from './trained-state.ts';

type UpdateStep = CompiledStep<{ readonly numbers: StepInput }, Tensor>;

/** Updates a state in place; recorded once for each arena of gradients. */
export class WeightUpdate {
  readonly #model: Model;
  readonly #state: TrainedState;
  readonly #options: { readonly replay?: boolean };
  /** One for each weight slab, u32: which blocks are decayed. */
  readonly #decayBlocks: readonly Tensor[];
  readonly #steps = new Map<Arena, UpdateStep>();

  constructor(model: Model, state: TrainedState, options: { readonly replay?: boolean }) {
    this.#model = model;
    this.#state = state;
    this.#options = options;
    this.#decayBlocks = uploadDecayBlocks(model, state.weights);
  }

  get steps(): readonly UpdateStep[] {
    return [...this.#steps.values()];
  }

  /** @param numbers - from `stepNumbers` @returns f32 [8], see `STEP_CONTROL`; overwritten by the next update */
  run(gradients: Arena, numbers: Float32Array<ArrayBuffer>): Tensor {
    const step = this.#steps.get(gradients) ?? this.#compile(gradients);
    this.#steps.set(gradients, step);
    return step.run({ numbers });
  }

  dispose(): void {
    for (const step of this.#steps.values()) step.dispose();
    disposeAll(this.#decayBlocks);
  }

  #compile(gradients: Arena): UpdateStep {
    const { weights, halves, m, v, control: state } = this.#state;
    const record = ({ numbers }: { readonly numbers: Tensor }): Tensor => {
      const control = stepControl({ norm: globalNorm(gradients.slabs), numbers, state });
      weights.slabs.forEach((param, slab) => {
        adamwStep({
          param,
          grad: gradients.slabs[slab] as Tensor,
          m: m.slabs[slab] as Tensor,
          v: v.slabs[slab] as Tensor,
          half: halves?.slabs[slab],
          control,
          decayBlocks: this.#decayBlocks[slab] as Tensor,
          ...ADAMW,
        });
      });
      return control;
    };
    const inputs = { numbers: { shape: [STEP_NUMBERS] } };
    return compileStep(this.#model.device, { inputs, record }, this.#options);
  }
}

/** u32 [blocks] for each slab: 1 where its parameter is decayed (the official groups). */
function uploadDecayBlocks(model: Model, { layout, slabs }: Arena): Tensor[] {
  const decayed = new Set(
    arenaEntries(model).flatMap(({ name, weightDecay }) => (weightDecay ? [name] : [])),
  );
  return slabs.map((slab, index) => {
    const placements = layout.placements
      .filter((placement) => placement.slab === index)
      .map(({ name, offset, size }) => ({ offset, size, isDecayed: decayed.has(name) }));
    const blocks = toDecayBlocks(placements, slab.size);
    const options = { dtype: 'u32', label: 'decay blocks' } as const;
    return model.device.keep(model.device.tensor(blocks, [blocks.length], options));
  });
}
