// One layer of a cache: what its attention and its token shifts need of the text so far.

import { appendPages, type KeyPages, pagedAttention } from '@vulpes/fox-attention';
import { invariant, type Tensor } from '@vulpes/tensor-core';
import { tokenShift } from '@vulpes/wgsl-kernels';
import type { AttentionInputs } from '../layers/attention-inputs.ts';
import type { DecodingState } from '../layers/decoding-state.ts';
import { chunkPositions, keepLast } from './cache.kernel.ts';
import { GateState, type GateTensors } from './gate-state.ts';
import type { CacheGeometry, Chunk, ShiftedName } from './geometry.ts';
import type { LogitBound } from './logit-bound.ts';
import { getGroupSize, PagePools } from './page-pools.ts';

/** What kernels for single tokens work on, of a layer with forget gates and shifts of k and v. */
export interface LayerMemory {
  /** See `CacheGeometry`. */
  readonly state: Tensor;
  readonly pages: KeyPages & { readonly logLambda: Tensor };
  /** f32, two halves: last k before the shift, last v; each [B, Hkv, D], and unused up to a multiple of 64. */
  readonly last: Tensor;
  readonly gates: GateTensors;
  /** i32 [B, H] */
  readonly firstPage: Tensor;
}

export class LayerCache implements DecodingState, Disposable {
  readonly #geometry: CacheGeometry;
  readonly #pools: PagePools;
  readonly #gates: GateState | null;
  /** Null where nothing is evicted by gates. */
  readonly #bound: LogitBound | null;
  /** f32 [B, 1, Hkv, D]: the last token before the shift. */
  readonly #lastUnshifted: ReadonlyMap<ShiftedName, Tensor>;
  /** The memory of them: a part of equal size for each. */
  readonly #last: Tensor | null;
  #chunk: Chunk | null = null;

  constructor(geometry: CacheGeometry, bound: LogitBound | null) {
    this.#geometry = geometry;
    this.#pools = new PagePools(geometry);
    this.#gates = geometry.hasGate ? new GateState(geometry) : null;
    this.#bound = bound;
    const { device, batch, numKvHeads, headDim, shifted } = geometry;
    const shape = [batch, 1, numKvHeads, headDim];
    const part = Math.ceil((batch * numKvHeads * headDim) / 64) * 64;
    const label = 'last unshifted';
    this.#last =
      shifted.length > 0 ? device.keep(device.zeros([shifted.length * part], { label })) : null;
    this.#lastUnshifted = new Map(
      shifted.map((name, n) => [name, device.keep(device.slice(this.#last!, n * part, shape))]),
    );
  }

  /** i32 [B, M]: the position of each token of the chunk. */
  positions(): Tensor {
    const { device, batch, state } = this.#geometry;
    const { length: chunkLen } = this.#current();
    const positions = device.empty([batch, chunkLen], { dtype: 'i32', label: 'positions' });
    chunkPositions.run(device, { dims: { batch, chunkLen }, tensors: { state, positions } });
    return positions;
  }

  /** Makes room for a chunk. @returns whether memory that kernels name was replaced by larger one */
  open(chunk: Chunk): boolean {
    const end = chunk.offset + chunk.length;
    const isGrown = [this.#pools.extend(end), this.#gates?.reserve(end)].some(Boolean);
    this.#chunk = chunk;
    return isGrown;
  }

  /** α_t y_{t−1} + (1 − α_t) y_t over the chunk, y_{−1} from the chunk before. y [B, M, Hkv, D], shiftLogit [B, M, Hkv] */
  shift(name: ShiftedName, y: Tensor, shiftLogit: Tensor): Tensor {
    const { device, batch } = this.#geometry;
    const { padding, length: chunkLen } = this.#current();
    const previous = this.#lastUnshifted.get(name);
    invariant(previous, `a layer cache was asked to shift ${name}, which its model does not`);
    const shifted = tokenShift(y, shiftLogit, { ...padding, previous });
    const dims = { batch, chunkLen, width: previous.size / batch };
    keepLast.run(device, { dims, tensors: { y, last: previous } });
    return shifted;
  }

  /** Appends the chunk and attends over all that is kept. -> [B, M, H, D] */
  attend({ q, k, v, logFgate }: AttentionInputs): Tensor {
    const { numHeads, windowSize, state } = this.#geometry;
    const chunk = this.#current();
    const logLambda = (logFgate && this.#gates?.append(logFgate, chunk)) ?? null;
    this.#bound?.append(q, k, chunk);
    appendPages({ k, v, logLambda }, this.#pools.pages, { state, numHeads });
    return pagedAttention(q, this.#pools.pages, {
      state,
      windowSize,
      firstPage: this.#gates?.firstPage,
    });
  }

  get memory(): LayerMemory {
    const [{ pages }, gates, last] = [this.#pools, this.#gates, this.#last];
    const { logLambda } = pages;
    invariant(
      gates && logLambda && last,
      'a layer cache without gates or shifts has no such memory',
    );
    const { state } = this.#geometry;
    const { tensors, firstPage } = gates;
    return { state, pages: { ...pages, logLambda }, last, gates: tensors, firstPage };
  }

  /** Records the search for what may be evicted, with `length` tokens in the cache. */
  evict(length: number): void {
    if (this.#bound) this.#gates?.evict(this.#bound, length);
  }

  /** i32 [B, H]: pages that each query head needs no more; -1 for NaN. Null where nothing is evicted by gates. */
  get firstPages(): Tensor | null {
    return this.#bound && this.#gates ? this.#gates.firstPage : null;
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
    const shifts = [this.#last, ...this.#lastUnshifted.values()];
    for (const owned of [this.#pools, this.#gates, this.#bound, ...shifts]) owned?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #current(): Chunk {
    invariant(this.#chunk, 'a layer cache was used before its chunk was opened');
    return this.#chunk;
  }
}
