// The cache of a generation: what all layers keep of the text so far, how large it is, and how it evicts what is forgotten.

import { PAGE_SIZE } from '@vulpes/fox-attention';
import { type Device, NonFiniteError, type Tensor } from '@vulpes/tensor-core';
import { tokenVisibility } from '@vulpes/wgsl-kernels';
import type { FoxConfig } from '../config/config.ts';
import { assertOpen } from './check.ts';
import type { CacheGeometry } from './geometry.ts';
import type { LayerCache } from './layer-cache.ts';
import { countColumns } from './page-table.ts';

export interface KvCacheParts {
  readonly config: FoxConfig;
  readonly geometry: CacheGeometry;
  readonly layers: readonly LayerCache[];
  readonly notes: readonly string[];
}

/**
 * Made by `model.createCache`, filled by `model.nextTokenLogits(params, { inputIds, cache })`, chunk after chunk.
 * It holds memory of the device until `dispose()`.
 */
export class KvCache implements Disposable {
  /** What a reader of the results should know: bounds that are no proof, nothing to evict. */
  readonly notes: readonly string[];
  readonly #parts: KvCacheParts;
  #length = 0;
  #isOpen = false;
  #isDisposed = false;
  #peakBytes = 0;
  /** Pages complete at the last eviction. */
  #evictedAt = 0;
  /** i32 [B, capacity, 2] where rows are padded. */
  #visibility: Tensor | undefined;

  constructor(parts: KvCacheParts) {
    this.#parts = parts;
    this.notes = parts.notes;
  }

  get batch(): number {
    return this.#parts.geometry.batch;
  }

  /** Tokens of a row, padding included. */
  get length(): number {
    return this.#length;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Bytes of the pages in use and of the states beside them. */
  get keptBytes(): number {
    return this.#bytes('kept');
  }

  /** What `keptBytes` would be if nothing had been evicted. */
  get fullBytes(): number {
    return this.#bytes('full');
  }

  /** Pages of 32 tokens of a key head in use, over all rows and layers; and how many there would be if none had been freed. */
  get pages(): { kept: number; full: number } {
    const counts = this.#parts.layers.map((layer) => layer.pages(this.#length));
    return {
      kept: counts.reduce((sum, { kept }) => sum + kept, 0),
      full: counts.reduce((sum, { full }) => sum + full, 0),
    };
  }

  /** The largest `keptBytes` so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Bytes that the device holds for it: pools double when they are full, and do not shrink. */
  get allocatedBytes(): number {
    return this.#bytes('allocated');
  }

  /**
   * Begins a chunk: makes room for it, and gives the layers that the forward pass works with. For `model.nextTokenLogits`.
   * @throws ArgumentError ShapeError UnsupportedError where the chunk does not fit; the cache is then as it was.
   */
  open(inputIds: Tensor, model: { config: FoxConfig; device: Device }): readonly LayerCache[] {
    const { config, geometry, layers } = this.#parts;
    assertOpen({
      isDisposed: this.#isDisposed,
      isBroken: this.#isOpen,
      belongsToModel: model.config === config && model.device === geometry.device,
      inputIds,
      geometry,
      offset: this.#length,
    });
    this.#isOpen = true;
    const length = inputIds.shape[1] as number;
    const visibility = this.#visibilityUpTo(this.#length + length);
    for (const layer of layers) layer.open({ offset: this.#length, length, visibility });
    return layers;
  }

  /** Ends the chunk that was opened, after its forward pass has been recorded. */
  close(inputIds: Tensor): void {
    this.#length += inputIds.shape[1] as number;
    this.#isOpen = false;
    this.#peakBytes = Math.max(this.#peakBytes, this.keptBytes);
    if (!this.#hasNewPages()) return;
    for (const layer of this.#parts.layers) layer.evict(this.#length);
  }

  /**
   * Frees the pages that no later token can need. Costs a read-back once every 32 tokens, and is free in between;
   * read the logits beside it: `await Promise.all([logits.data(), cache.evict()])`.
   * @throws NonFiniteError where a gate or a bound is NaN
   */
  async evict(): Promise<void> {
    if (this.#isDisposed || !this.#hasNewPages()) return;
    const { layers, geometry } = this.#parts;
    const length = this.#length;
    this.#evictedAt = Math.floor(length / PAGE_SIZE);
    const behindWindow = pagesBehindWindow(geometry, length);
    const heads = geometry.batch * geometry.numHeads;
    const found = await Promise.all(layers.map((layer) => layer.readFirstPages()));
    if (this.#isDisposed) return;
    for (const [index, layer] of layers.entries()) {
      const pages = found[index] ?? new Int32Array(heads);
      assertNoNaN(pages, index, geometry);
      layer.release(Array.from(pages, (page) => Math.max(page, behindWindow)));
    }
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#visibility?.dispose();
    this.#parts.geometry.seqStartTensor.dispose();
    for (const layer of this.#parts.layers) layer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #hasNewPages(): boolean {
    const { geometry } = this.#parts;
    const canEvict = geometry.logPruningTolerance !== null || geometry.windowSize !== null;
    return geometry.mayEvict && canEvict && Math.floor(this.#length / PAGE_SIZE) > this.#evictedAt;
  }

  #bytes(kind: 'kept' | 'full' | 'allocated'): number {
    return this.#parts.layers.reduce((sum, layer) => sum + layer.bytes(this.#length)[kind], 0);
  }

  /** Without a window: the shift and the gates ask only where a row begins. */
  #visibilityUpTo(length: number): Tensor | undefined {
    const { hasPadding, device, batch, seqStartTensor } = this.#parts.geometry;
    if (!hasPadding || (this.#visibility?.shape[1] ?? 0) >= length) return this.#visibility;
    const capacity =
      PAGE_SIZE *
      Math.max(countColumns(length), (2 * (this.#visibility?.shape[1] ?? 0)) / PAGE_SIZE);
    this.#visibility?.dispose();
    this.#visibility = device.keep(
      tokenVisibility(device, { batch, length: capacity, seqStart: seqStartTensor }),
    );
    return this.#visibility;
  }
}

/** Pages that the next token, at position `length`, and all later ones cannot see. */
const pagesBehindWindow = ({ windowSize }: CacheGeometry, length: number): number =>
  windowSize === null ? 0 : Math.max(0, Math.floor((length - windowSize + 1) / PAGE_SIZE));

function assertNoNaN(
  firstPages: ArrayLike<number>,
  layer: number,
  { numHeads }: CacheGeometry,
): void {
  const bad = Array.from(firstPages).findIndex((page) => page < 0);
  if (bad === -1) return;
  throw new NonFiniteError(
    `cache: expected finite gates and norms, got NaN in layer ${layer}, head ${bad % numHeads}, row ${Math.floor(bad / numHeads)}. The weights hold NaN or are too large.`,
  );
}
