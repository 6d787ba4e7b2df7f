// Last part of a training step: global norm and clip, then AdamW, one launch a slab, and Muon, if it is asked for, in batches.

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
  type MuonMatrices,
  muonStep,
  STEP_NUMBERS,
  stepControl,
  toDecayBlocks,
} from '@vulpes/wgsl-kernels';
import type { Model } from './model.ts';
import { planMuon, planParts } from './muon-matrices.ts';
import { OPTIMIZER, type OptimizerSettings } from './settings.ts';
import { arenaEntries, type TrainedState } from './trained-state.ts';

type UpdateStep = CompiledStep<{ readonly numbers: StepInput }, Tensor>;

/** Which optimizer, and its constants. By default AdamW's official ones. */
export type UpdateOptions = Partial<OptimizerSettings> & { readonly replay?: boolean };

/** Updates a state in place; recorded once for each arena of gradients. */
export class WeightUpdate {
  readonly #model: Model;
  readonly #state: TrainedState;
  readonly #options: UpdateOptions;
  /** One for each weight slab, u32: which blocks are decayed, and which are Muon's. */
  readonly #decayBlocks: readonly Tensor[];
  readonly #muon: readonly SlabMatrices[];
  readonly #steps = new Map<Arena, UpdateStep>();

  constructor(model: Model, state: TrainedState, options: UpdateOptions) {
    this.#model = model;
    this.#state = state;
    this.#options = options;
    const hasMuon = options.optimizer === 'muon';
    this.#decayBlocks = uploadDecayBlocks(model, state.weights, hasMuon);
    this.#muon = hasMuon ? uploadMatrices(model, state.weights) : [];
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
    disposeAll([...this.#decayBlocks, ...this.#muon.map(({ matrices }) => matrices.offsets)]);
  }

  #compile(gradients: Arena): UpdateStep {
    const { weights, halves, m, v, control: state } = this.#state;
    const { beta1, beta2, epsilon, muonMomentum } = { ...OPTIMIZER, ...this.#options };
    const momentum = muonMomentum;
    const { compute } = this.#model;
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
          ...{ beta1, beta2, epsilon },
        });
      });
      for (const { slab, matrices } of this.#muon) {
        const of = (arena: Arena) => arena.slabs[slab] as Tensor;
        muonStep({
          ...{ param: of(weights), grad: of(gradients), m: of(m), half: halves && of(halves) },
          ...{ matrices, control, numbers, momentum, compute },
        });
      }
      return control;
    };
    const inputs = { numbers: { shape: [STEP_NUMBERS] } };
    return compileStep(this.#model.device, { inputs, record }, this.#options);
  }
}

/** u32 [blocks] for each slab: 1 where its parameter is decayed (the official groups), 2 where it is Muon's. */
function uploadDecayBlocks(model: Model, { layout, slabs }: Arena, hasMuon: boolean): Tensor[] {
  const parts = planParts(arenaEntries(model), layout.placements, { hasMuon });
  return slabs.map((slab, index) => {
    const placements = (parts.get(index) ?? []).map((part) => ({ ...part, isLeft: part.isMuon }));
    const blocks = toDecayBlocks(placements, slab.size);
    const options = { dtype: 'u32', label: 'decay blocks' } as const;
    return model.device.keep(model.device.tensor(blocks, [blocks.length], options));
  });
}

interface SlabMatrices {
  readonly slab: number;
  readonly matrices: MuonMatrices;
}

/** Where the matrices of Muon lie. */
function uploadMatrices(model: Model, { layout }: Arena): SlabMatrices[] {
  const { device } = model;
  return planMuon(arenaEntries(model), layout.placements).map(({ slab, offsets, ...shape }) => {
    const options = { dtype: 'u32', label: 'muon offsets' } as const;
    const table = device.tensor(Uint32Array.from(offsets), [offsets.length], options);
    const isAligned = offsets.every((offset) => offset % 4 === 0);
    return { slab, matrices: { ...shape, isAligned, offsets: device.keep(table) } };
  });
}
