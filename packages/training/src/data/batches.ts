// Which tokens a step sees: training sequences at random offsets, held-out ones at fixed offsets.

import { ArgumentError, CounterRng } from '@vulpes/tensor-core';

/** Rows of `length` tokens, row-major; label t is the token that follows input t. */
export interface TokenBatch {
  readonly inputs: Int32Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
  /** [sequences, length] */
  readonly shape: readonly [number, number];
}

/** Inputs tokens[t … t + length) and labels one further, for each offset. */
export function batchAt(
  tokens: Uint8Array,
  offsets: readonly number[],
  length: number,
): TokenBatch {
  const inputs = new Int32Array(offsets.length * length);
  const labels = new Int32Array(offsets.length * length);
  offsets.forEach((offset, row) => {
    inputs.set(tokens.subarray(offset, offset + length), row * length);
    labels.set(tokens.subarray(offset + 1, offset + length + 1), row * length);
  });
  return { inputs, labels, shape: [offsets.length, length] };
}

/** Stream of the random numbers that choose training offsets; weights are drawn from other streams. */
export const DATA_STREAM = 0x64617461; // 'data'

/** Draws training batches. The n-th sequence depends on (seed, n) alone, so `position` is all that a checkpoint keeps. */
export class BatchSampler {
  readonly #tokens: Uint8Array;
  readonly #length: number;
  readonly #rng: CounterRng;
  #position: number;

  /** @param position - sequences drawn so far */
  constructor(options: { tokens: Uint8Array; length: number; seed: number; position?: number }) {
    const { tokens, length, seed, position = 0 } = options;
    if (tokens.length <= length) {
      throw new ArgumentError(
        `BatchSampler: expected more than ${length} tokens for a context of ${length}, got ${tokens.length}. Use more text or a shorter context.`,
      );
    }
    this.#tokens = tokens;
    this.#length = length;
    this.#rng = new CounterRng(seed, DATA_STREAM);
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  next(sequences: number): TokenBatch {
    const first = this.#position;
    this.#position += sequences;
    const offsets = Array.from({ length: sequences }, (_, row) => this.#offset(first + row));
    return batchAt(this.#tokens, offsets, this.#length);
  }

  /** Two 32-bit words a sequence, so that long texts are hit evenly. */
  #offset(sequence: number): number {
    const high = this.#rng.at(2 * sequence) >>> 5;
    const low = this.#rng.at(2 * sequence + 1) >>> 6;
    const uniform = (high * 2 ** 26 + low) / 2 ** 53;
    return Math.floor(uniform * (this.#tokens.length - this.#length));
  }
}

/** Fixed batches spread evenly over the held-out text: the same at every evaluation and after every restart. */
export function heldOutBatches(
  tokens: Uint8Array,
  options: { length: number; sequences: number; batchSize: number },
): TokenBatch[] {
  const { length, batchSize } = options;
  const room = Math.floor((tokens.length - 1) / length); // sequences that fit without overlap
  if (room < 1) {
    throw new ArgumentError(
      `heldOutBatches: expected more than ${length} held-out tokens, got ${tokens.length}. Use more text or a shorter context.`,
    );
  }
  const count = Math.min(options.sequences, room);
  const offsets = Array.from({ length: count }, (_, i) => Math.floor((i * room) / count) * length);
  const batches: TokenBatch[] = [];
  for (let first = 0; first < count; first += batchSize) {
    batches.push(batchAt(tokens, offsets.slice(first, first + batchSize), length));
  }
  return batches;
}
