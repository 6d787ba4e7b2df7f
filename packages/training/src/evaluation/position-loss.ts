// Loss by position in the text: does more text help? By the protocol of the FoX paper [FoX v2, Sec. 4]. Pure.

/** Positions are counted from 1: the loss at i is that of the i-th token that is predicted. */
export interface PositionLoss {
  /** L(i), the mean over texts, nats a token. */
  readonly loss: readonly number[];
  readonly texts: number;
}

/** Adds up losses in f64. */
export class PositionTally {
  readonly #sums: Float64Array;
  #texts = 0;

  constructor(length: number) {
    this.#sums = new Float64Array(length);
  }

  /** @param losses - [texts, length] */
  add(losses: ArrayLike<number>): void {
    const length = this.#sums.length;
    for (let i = 0; i < losses.length; i++)
      this.#sums[i % length] = (this.#sums[i % length] as number) + (losses[i] as number);
    this.#texts += losses.length / length;
  }

  result(): PositionLoss {
    return { loss: Array.from(this.#sums, (sum) => sum / this.#texts), texts: this.#texts };
  }
}

/** First position that is drawn, as in the papers. */
export const FIRST_DRAWN = 128;

/** Centred means over `window` values; at the ends over those that are there, as many on both sides. */
export function movingAverage(values: readonly number[], window: number): number[] {
  const sums = [0];
  for (const value of values) sums.push((sums.at(-1) as number) + value);
  const half = Math.floor((window - 1) / 2);
  return values.map((_, i) => {
    const reach = Math.min(half, i, values.length - 1 - i);
    return ((sums[i + reach + 1] as number) - (sums[i - reach] as number)) / (2 * reach + 1);
  });
}

/** The longest length and its halves down to 512; of shorter texts down to an eighth of them. */
export function reportedLengths(longest: number): number[] {
  const least = longest >= 1024 ? 512 : Math.max(1, longest / 8);
  const lengths = [longest];
  while ((lengths[0] as number) / 2 >= least)
    lengths.unshift(Math.floor((lengths[0] as number) / 2));
  return lengths;
}

/** P(l) = exp of the mean of L(i) over i ≤ l. */
export function perplexityAt(loss: readonly number[], length: number): number {
  const sum = loss.slice(0, length).reduce((total, value) => total + value, 0);
  return Math.exp(sum / length);
}
