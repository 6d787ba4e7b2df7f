// How much of attention was skipped: shares of the causal blocks, per head, per layer and in all.

/** Kept and causal blocks of one layer, [batch, heads, 2]. */
export type LayerPruningCounts = Uint32Array;

export interface PruningSummary {
  readonly keptBlocks: number;
  readonly causalBlocks: number;
  /** Share of all causal blocks that were skipped, 0…1. */
  readonly share: number;
  readonly perLayer: readonly number[];
  /** [layers][heads] */
  readonly perHead: readonly (readonly number[])[];
}

/** Adds up counts over batches; null when no layer prunes. */
export class PruningTally {
  readonly #kept: number[][] = [];
  readonly #causal: number[][] = [];

  /** @param layers - one array [batch, heads, 2] per layer */
  add(layers: readonly LayerPruningCounts[], numHeads: number): void {
    layers.forEach((counts, layer) => {
      this.#kept[layer] ??= new Array<number>(numHeads).fill(0);
      this.#causal[layer] ??= new Array<number>(numHeads).fill(0);
      const kept = this.#kept[layer] as number[];
      const causal = this.#causal[layer] as number[];
      for (let pair = 0; pair < counts.length / 2; pair++) {
        const head = pair % numHeads;
        kept[head] = (kept[head] as number) + (counts[2 * pair] as number);
        causal[head] = (causal[head] as number) + (counts[2 * pair + 1] as number);
      }
    });
  }

  summary(): PruningSummary | null {
    if (this.#kept.length === 0) return null;
    const computeShare = (kept: readonly number[], causal: readonly number[]) =>
      1 - sum(kept) / Math.max(1, sum(causal));
    return {
      keptBlocks: sum(this.#kept.flat()),
      causalBlocks: sum(this.#causal.flat()),
      share: computeShare(this.#kept.flat(), this.#causal.flat()),
      perLayer: this.#kept.map((kept, layer) =>
        computeShare(kept, this.#causal[layer] as number[]),
      ),
      perHead: this.#kept.map((kept, layer) =>
        kept.map((count, head) => computeShare([count], [this.#causal[layer]?.[head] as number])),
      ),
    };
  }
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
