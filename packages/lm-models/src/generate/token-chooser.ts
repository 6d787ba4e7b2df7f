// The next token of each row, chosen on the GPU, so that the token after it can be computed before the host has read it.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { drawTokenKernel, likeliestTokenKernel } from './choose-token.kernel.ts';
import type { SamplingOptions } from './sampling.ts';

export interface ChosenTokens {
  /** Of each row. */
  readonly tokens: Int32Array;
  /** Of each row the first token whose logit is NaN or infinite, else −1. */
  readonly badLogits: Int32Array;
}

export interface ChooserOptions extends SamplingOptions {
  readonly batch: number;
  /** Row b draws from stream b. */
  readonly seed: number;
}

export class TokenChooser implements Disposable {
  readonly #device: Device;
  readonly #options: ChooserOptions;
  /** i32 [2, B]: tokens, and the first bad logits. */
  readonly #chosen: Tensor;
  /** u32 [B]: numbers that each row has drawn. */
  readonly #draws: Tensor;
  /** i32 [B, 1]: what was chosen last, the input of the next step. */
  readonly tokens: Tensor;

  constructor(device: Device, options: ChooserOptions) {
    const { batch } = options;
    this.#device = device;
    this.#options = options;
    this.#chosen = device.keep(device.zeros([2, batch], { dtype: 'i32', label: 'chosen tokens' }));
    this.#draws = device.keep(device.zeros([batch], { dtype: 'u32', label: 'numbers drawn' }));
    this.tokens = device.keep(device.slice(this.#chosen, 0, [batch, 1]));
  }

  /** Records the choice; each row draws one number, unless the temperature is 0. @param logits - f32 [B, V] */
  choose(logits: Tensor): void {
    const { batch, temperature, topK, topP = null, seed } = this.#options;
    const dims = { batch, vocab: logits.size / batch };
    const tensors = { logits, chosen: this.#chosen };
    if (temperature === 0) {
      likeliestTokenKernel.run(this.#device, { dims, tensors });
      return;
    }
    drawTokenKernel.run(this.#device, {
      dims: { ...dims, temperature, topK, topP, seed },
      tensors: { ...tensors, draws: this.#draws },
    });
  }

  /** What was chosen last before this call. */
  async read(): Promise<ChosenTokens> {
    const [chosen] = (await this.#device.read([this.#chosen])) as [Int32Array];
    const { batch } = this.#options;
    return { tokens: chosen.subarray(0, batch), badLogits: chosen.subarray(batch) };
  }

  dispose(): void {
    for (const tensor of [this.tokens, this.#chosen, this.#draws]) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
