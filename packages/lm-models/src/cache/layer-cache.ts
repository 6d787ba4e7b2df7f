// One layer of a cache: what its attention and its token shifts need of the text so far.

import { appendPages, pagedAttention } from '@vulpes/fox-attention';
import { invariant, reshape, type Tensor } from '@vulpes/tensor-core';
import { embedding, tokenShift } from '@vulpes/wgsl-kernels';
import type { AttentionInputs } from '../layers/attention-inputs.ts';
import type { DecodingState } from '../layers/decoding-state.ts';
import { GateState } from './gate-state.ts';
import type { CacheGeometry, Chunk } from './geometry.ts';
import type { LogitBound } from './logit-bound.ts';
import { getGroupSize, PagePools } from './page-pools.ts';

export type ShiftedName = 'k' | 'v';

export class LayerCache implements DecodingState, Disposable {
  readonly #geometry: CacheGeometry;
  readonly #pools: PagePools;
  readonly #gates: GateState | null;
  /** Null where nothing is evicted by gates. */
  readonly #bound: LogitBound | null;
  /** f32 [B, 1, Hkv, D]: the last token before the shift. */
  readonly #lastUnshifted = new Map<ShiftedName, Tensor>();
  #chunk: Chunk | null = null;

  constructor(geometry: CacheGeometry, bound: LogitBound | null) {
    this.#geometry = geometry;
    this.#pools = new PagePools(geometry);
    this.#gates = geometry.hasGate ? new GateState(geometry) : null;
    this.#bound = bound;
  }

  /** i32 [B, M]: the position of each token of the chunk. */
  positions(): Tensor {
    const { device, batch } = this.#geometry;
    const { offset, length } = this.#current();
    const ids = Int32Array.from({ length: batch * length }, (_, i) => offset + (i % length));
    return device.tensor(ids, [batch, length], { label: 'positions' });
  }

  open(chunk: Chunk): void {
    this.#pools.extend(chunk.offset + chunk.length);
    this.#chunk = chunk;
  }

  /** α_t y_{t−1} + (1 − α_t) y_t over the chunk, y_{−1} from the chunk before. y [B, M, Hkv, D], shiftLogit [B, M, Hkv] */
  shift(name: ShiftedName, y: Tensor, shiftLogit: Tensor): Tensor {
    const { visibility, offset } = this.#current();
    const previous = this.#unshifted(name);
    const shifted = tokenShift(y, shiftLogit, { visibility, previous, offset });
    this.#keepUnshifted(name, y, previous);
    return shifted;
  }

  /** A single token is kept itself, without a copy: one copy between two launches holds both up. */
  #keepUnshifted(name: ShiftedName, y: Tensor, previous: Tensor): void {
    const { device } = this.#geometry;
    if (y.shape[1] !== 1) {
      device.copy(lastTokens(y), previous);
      return;
    }
    this.#lastUnshifted.set(name, device.keep(device.view(y, y.shape)));
    previous.dispose();
  }

  /** Appends the chunk and attends over all that is kept. -> [B, M, H, D] */
  attend({ q, k, v, logFgate }: AttentionInputs): Tensor {
    const { numHeads, windowSize, hasPadding, seqStartTensor } = this.#geometry;
    const chunk = this.#current();
    const { offset } = chunk;
    const logLambda = (logFgate && this.#gates?.append(logFgate, chunk)) ?? null;
    this.#bound?.append(q, k, chunk);
    appendPages({ k, v, logLambda }, this.#pools.pages, { offset, numHeads });
    return pagedAttention(q, this.#pools.pages, {
      offset,
      windowSize,
      firstPage: this.#gates?.firstPage,
      seqStart: hasPadding ? seqStartTensor : undefined,
    });
  }

  /** Records the search for what may be evicted, with `length` tokens in the cache. */
  evict(length: number): void {
    if (this.#bound) this.#gates?.evict(this.#bound, length);
  }

  /** i32 [B, H]: pages that each query head needs no more; -1 for NaN. Null where nothing is evicted by gates. */
  readFirstPages(): Promise<ArrayLike<number>> | null {
    return this.#bound && this.#gates ? this.#gates.firstPage.data() : null;
  }

  /** Frees what no head of a group needs. @param firstPages - [B, H] */
  release(firstPages: ArrayLike<number>): void {
    const group = getGroupSize(this.#geometry);
    const keyHeads = Array.from({ length: firstPages.length / group }, (_, head) =>
      Math.min(...Array.from({ length: group }, (_, n) => firstPages[head * group + n] as number)),
    );
    this.#pools.release(keyHeads);
  }

  /** Pages of 32 tokens of a key head: in use, and in use if nothing were ever freed. */
  pages(length: number): { kept: number; full: number } {
    return this.#pools.count(length);
  }

  /** Bytes in use, bytes in use if nothing were ever freed, and bytes that the device holds for it. */
  bytes(length: number): { kept: number; full: number; allocated: number } {
    const pages = this.#pools.bytes(length);
    const gates = this.#gates?.bytes(length) ?? { used: 0, allocated: 0 };
    const shifts = [...this.#lastUnshifted.values()].reduce((sum, t) => sum + t.byteLength, 0);
    return {
      kept: pages.kept + gates.used + shifts,
      full: pages.full + gates.used + shifts,
      allocated: pages.allocated + gates.allocated + shifts,
    };
  }

  dispose(): void {
    for (const owned of [this.#pools, this.#gates, this.#bound, ...this.#lastUnshifted.values()]) {
      owned?.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #current(): Chunk {
    invariant(this.#chunk, 'a layer cache was used before its chunk was opened');
    return this.#chunk;
  }

  #unshifted(name: ShiftedName): Tensor {
    const { device, batch, numKvHeads, headDim } = this.#geometry;
    const known = this.#lastUnshifted.get(name);
    if (known) return known;
    const shape = [batch, 1, numKvHeads, headDim];
    const fresh = device.keep(device.zeros(shape, { label: `last unshifted ${name}` }));
    this.#lastUnshifted.set(name, fresh);
    return fresh;
  }
}

/** [B, M, Hkv, D] -> the last token of each row, [B, Hkv · D]: a look-up with all tokens as the table. */
function lastTokens(y: Tensor): Tensor {
  const [batch, length, heads, headDim] = y.shape as [number, number, number, number];
  const rows = Int32Array.from({ length: batch }, (_, b) => b * length + length - 1);
  const table = reshape(y, [batch * length, heads * headDim]);
  return embedding(y.device.tensor(rows, [batch]), table);
}
