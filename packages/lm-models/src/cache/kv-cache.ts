// The cache of a generation: what all layers keep of the text so far, how large it is, and how it evicts what is forgotten.

import { PAGE_SIZE } from '@vulpes/fox-attention';
import { type Device, NonFiniteError, type Tensor } from '@vulpes/tensor-core';
import { tokenVisibility } from '@vulpes/wgsl-kernels';
import type { FoxConfig } from '../config/config.ts';
import { assertOpen } from './check.ts';
import { type CacheGeometry, type ChunkPadding, stateAt } from './geometry.ts';
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
  #visibility: Tensor | null = null;
  #revision = 0;

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

  /** Every row has a token: no later one begins a text. */
  get hasBegun(): boolean {
    return this.#length > Math.max(...this.#parts.geometry.seqStart);
  }

  /** Another number whenever memory that recorded kernels name was replaced by larger one. */
  get revision(): number {
    return this.#revision;
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
    const chunk = { offset: this.#length, length, padding: this.#paddingOf(length) };
    geometry.device.write(geometry.state, stateAt(this.#length, geometry));
    const grown = layers.map((layer) => layer.open(chunk));
    if (grown.some(Boolean)) this.#revision++;
    return layers;
  }

  /** Ends the chunk that was opened, after its forward pass has been recorded. */
  close(inputIds: Tensor): void {
    const pages = countColumns(this.#length);
    this.#length += inputIds.shape[1] as number;
    this.#isOpen = false;
    // More is held only where a page began or ended.
    const isNew = countColumns(this.#length) > pages || this.#length % PAGE_SIZE === 0;
    if (isNew) this.#peakBytes = Math.max(this.#peakBytes, this.keptBytes);
    if (!this.#hasNewPages()) return;
    for (const layer of this.#parts.layers) layer.evict(this.#length);
  }

  /**
   * Frees the pages that no later token can need. Costs a read-back once every 32 tokens, and is free in between;
   * read the logits beside it: `await Promise.all([logits.data(), cache.evict()])`. Tokens may be added before it has resolved.
   * @throws NonFiniteError where a gate or a bound is NaN
   */
  async evict(): Promise<void> {
    if (this.#isDisposed || !this.#hasNewPages()) return;
    const { layers, geometry } = this.#parts;
    const length = this.#length;
    this.#evictedAt = Math.floor(length / PAGE_SIZE);
    const behindWindow = pagesBehindWindow(geometry, length);
    const searched = layers.filter((layer) => layer.firstPages !== null);
    const tensors = searched.map((layer) => layer.firstPages as Tensor);
    const found = await geometry.device.read(tensors);
    if (this.#isDisposed) return;
    for (const [index, layer] of layers.entries()) {
      const heads = geometry.batch * geometry.numHeads;
      const pages = found[searched.indexOf(layer)] ?? new Int32Array(heads);
      assertNoNaN(pages, index, geometry);
      layer.release(Array.from(pages, (page) => Math.max(page, behindWindow)));
    }
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#visibility?.dispose();
    this.#parts.geometry.state.dispose();
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

  /** Without a window: the shift and the gates ask only where a row begins. A row's first token has none before itself. */
  #paddingOf(length: number): ChunkPadding | null {
    const offset = this.#length;
    if (!this.#parts.geometry.hasPadding || this.hasBegun) return null;
    return { visibility: this.#visibilityUpTo(offset + length), offset };
  }

  #visibilityUpTo(length: number): Tensor {
    const { device, batch, seqStart } = this.#parts.geometry;
    const known = this.#visibility?.shape[1] ?? 0;
    if (this.#visibility && known >= length) return this.#visibility;
    this.#visibility?.dispose();
    const capacity = Math.max(PAGE_SIZE * countColumns(length), 2 * known);
    this.#visibility = device.scope(() => {
      const starts = device.tensor(seqStart, [batch], { label: 'seqStart' });
      return device.keep(tokenVisibility(device, { batch, length: capacity, seqStart: starts }));
    });
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
