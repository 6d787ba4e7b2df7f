// Which tokens a step sees: training sequences at random offsets, held-out ones at fixed offsets.

import type { TokenSource } from '@vulpes/data';
import { ArgumentError, CounterRng } from '@vulpes/tensor-core';
import { packRows } from './packing.ts';

/** Rows of `length` tokens, row-major; label t is the token that follows input t. */
export interface TokenBatch {
  readonly inputs: Int32Array<ArrayBuffer>;
  /** −100 where none counts: at the end of a packed document. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** [sequences, length] */
  readonly shape: readonly [number, number];
  /** [sequences, n] where documents are packed: where each begins, and the length of the row from there to the end. */
  readonly cuSeqlens?: Int32Array<ArrayBuffer>;
}

export interface BatchOptions {
  /** Tokens of a sequence. */
  readonly length: number;
  /** Documents that stand in one sequence do not see each other. Default false. */
  readonly packDocuments?: boolean;
}

/** Inputs tokens[t … t + length) and labels one further, for each offset. */
export async function batchAt(
  source: TokenSource,
  offsets: readonly number[],
  { length, packDocuments = false }: BatchOptions,
): Promise<TokenBatch> {
  const inputs = new Int32Array(offsets.length * length);
  const labels = new Int32Array(offsets.length * length);
  const readRow = async (offset: number, row: number) => {
    const tokens = await source.read(offset, length + 1);
    inputs.set(tokens.subarray(0, length), row * length);
    labels.set(tokens.subarray(1), row * length);
  };
  await Promise.all(offsets.map(readRow));
  const batch = { inputs, labels, shape: [offsets.length, length] } as const;
  if (!packDocuments) return batch;
  const starts = offsets.map((offset) => source.documentStarts(offset, length + 1));
  return packRows(batch, await Promise.all(starts));
}

/** The rows of a batch, dealt out to batches of the same number of rows. */
export function splitBatch(
  { inputs, labels, shape, cuSeqlens }: TokenBatch,
  parts: number,
): TokenBatch[] {
  const rows = shape[0] / parts;
  return Array.from({ length: parts }, (_, part) => {
    const rowsOf = (values: Int32Array<ArrayBuffer>) => {
      const size = values.length / parts;
      return values.slice(part * size, (part + 1) * size);
    };
    return {
      inputs: rowsOf(inputs),
      labels: rowsOf(labels),
      shape: [rows, shape[1]],
      ...(cuSeqlens && { cuSeqlens: rowsOf(cuSeqlens) }),
    };
  });
}

/** Stream of the random numbers that choose training offsets; weights are drawn from other streams. */
export const DATA_STREAM = 0x64617461; // 'data'

export interface SamplerOptions extends BatchOptions {
  readonly source: TokenSource;
  readonly seed: number;
  /** Sequences drawn so far. */
  readonly position?: number;
}

/** Draws training batches. The n-th sequence depends on (seed, n) alone, so `position` is all that a checkpoint keeps. */
export class BatchSampler {
  readonly #options: SamplerOptions;
  readonly #rng: CounterRng;
  #position: number;
  /** Read before it is asked for. */
  #ahead: { readonly sequences: number; readonly batch: Promise<TokenBatch> } | null = null;

  constructor(options: SamplerOptions) {
    const { source, length, seed, position = 0 } = options;
    if (source.length <= length) {
      throw new ArgumentError(
        `BatchSampler: expected more than ${length} tokens for a context of ${length}, got ${source.length}. Use more text or a shorter context.`,
      );
    }
    this.#options = options;
    this.#rng = new CounterRng(seed, DATA_STREAM);
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  next(sequences: number): Promise<TokenBatch> {
    const ahead = this.#ahead?.sequences === sequences ? this.#ahead.batch : null;
    const batch = ahead ?? this.#draw(sequences);
    this.#ahead = null;
    this.#position += sequences;
    return batch;
  }

  /** Starts to read what `next` will return; the position stays. */
  prefetch(sequences: number): void {
    const batch = this.#draw(sequences);
    batch.catch(() => {}); // whoever asks for it gets the error
    this.#ahead = { sequences, batch };
  }

  #draw(sequences: number): Promise<TokenBatch> {
    const offsets = Array.from({ length: sequences }, (_, row) =>
      this.#offset(this.#position + row),
    );
    return batchAt(this.#options.source, offsets, this.#options);
  }

  /** Two 32-bit words a sequence, so that long texts are hit evenly. */
  #offset(sequence: number): number {
    const { source, length } = this.#options;
    const high = this.#rng.at(2 * sequence) >>> 5;
    const low = this.#rng.at(2 * sequence + 1) >>> 6;
    const uniform = (high * 2 ** 26 + low) / 2 ** 53;
    return Math.floor(uniform * (source.length - length));
  }
}

/** Fixed batches spread evenly over the held-out text: the same at every evaluation and after every restart. */
export async function heldOutBatches(
  source: TokenSource,
  options: BatchOptions & { sequences: number; batchSize: number },
): Promise<TokenBatch[]> {
  const { length, batchSize } = options;
  const room = Math.floor(source.length / (length + 1)); // sequences that fit without overlap, each with its last label
  if (room < 1) {
    throw new ArgumentError(
      `heldOutBatches: expected more than ${length} held-out tokens, got ${source.length}. Use more text or a shorter context.`,
    );
  }
  const count = Math.min(options.sequences, room);
  const offsets = Array.from(
    { length: count },
    (_, i) => Math.floor((i * room) / count) * (length + 1),
  );
  const batches: TokenBatch[] = [];
  for (let first = 0; first < count; first += batchSize) {
    batches.push(await batchAt(source, offsets.slice(first, first + batchSize), options));
  }
  return batches;
}
