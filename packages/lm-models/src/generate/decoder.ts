// Decoding: each step adds the tokens that were chosen last to the cache and chooses the next ones; recorded once, then replayed.

import { ArgumentError, type CompiledStep, compileStep, type Tensor } from '@vulpes/tensor-core';
import type { KvCache } from '../cache/kv-cache.ts';
import type { LayerCache } from '../cache/layer-cache.ts';
import { LogitDecoder } from '../decode/decode-logits.ts';
import type { Model } from '../model/model.ts';
import type { Params } from '../parameters/params.ts';
import type { TokenChooser } from './token-chooser.ts';

export interface DecoderOptions {
  /** Of this model and these params; every row has a token in it. It stays the caller's. */
  readonly cache: KvCache;
  /** Holds the tokens that are fed, and takes the choice. It stays the caller's. */
  readonly chooser: TokenChooser;
  /** false: each step is recorded anew. Default true. */
  readonly replay?: boolean | undefined;
}

type Step = CompiledStep<Record<never, never>, { readonly logits: Tensor }>;

/** It holds for the params as they are: train them, and make another. */
export class Decoder implements Disposable {
  readonly #model: Model;
  readonly #options: DecoderOptions;
  readonly #decoder: LogitDecoder;
  /** Holds for the memory that the cache has now: when that grows, the next step is recorded. */
  #step: Step | null = null;
  #revision = -1;

  constructor(model: Model, params: Params, options: DecoderOptions) {
    this.#model = model;
    this.#options = options;
    this.#decoder = new LogitDecoder(model, params, options.cache.batch);
  }

  /** Kernel launches of a step; 0 before the first. */
  get dispatches(): number {
    return this.#step?.dispatches ?? 0;
  }

  /**
   * Records one step, behind all that was recorded before it.
   * @returns logits [B, V], the caller's; the next step overwrites them
   * @throws ArgumentError
   */
  next(): Tensor {
    const { cache, chooser } = this.#options;
    if (!cache.hasBegun) {
      throw new ArgumentError(
        `Decoder: expected a cache in which every row has a token, got one of ${cache.length} tokens. Add the prompts by model.nextTokenLogits first.`,
      );
    }
    const layers = cache.open(chooser.tokens, this.#model);
    if (!this.#step || this.#revision !== cache.revision) this.#compile(layers);
    const { logits } = (this.#step as Step).run({});
    cache.close(chooser.tokens);
    return logits;
  }

  dispose(): void {
    this.#step?.dispose();
    this.#step = null;
    this.#decoder.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #compile(layers: readonly LayerCache[]): void {
    const { cache, chooser, replay } = this.#options;
    this.#step?.dispose();
    this.#revision = cache.revision;
    const record = () => {
      const logits = this.#decoder.logits(chooser.tokens, layers);
      chooser.choose(logits);
      return { logits };
    };
    this.#step = compileStep(
      this.#model.device,
      { inputs: {}, record },
      { replay: replay ?? true },
    );
  }
}
