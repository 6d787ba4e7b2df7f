// Makes the cache of a model: its sizes, what it may evict, and by which bound.

import type { Device } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config/config.ts';
import { getHeadDim, getNumKvHeads } from '../config/sizes.ts';
import { type Params, paramsBelow } from '../parameters/params.ts';
import { assertCacheOptions } from './check.ts';
import type { CacheGeometry } from './geometry.ts';
import { KvCache } from './kv-cache.ts';
import { LayerCache } from './layer-cache.ts';
import { boundFromNorms, boundFromWeights, type LogitBound } from './logit-bound.ts';

export interface CacheOptions {
  /** Rows. */
  readonly batch: number;
  /** [B], first token of each row that is not padding (rows of unequal length are padded on the left). Default 0. */
  readonly seqStart?: ArrayLike<number> | undefined;
  /** Evict what no later token can need. Default true. */
  readonly evict?: boolean | undefined;
}

export function createKvCache(
  { config, device }: { config: FoxConfig; device: Device },
  params: Params,
  options: CacheOptions,
): KvCache {
  assertCacheOptions(options.batch, options.seqStart);
  const geometry = makeGeometry(config, device, options);
  const layers = Array.from({ length: config.numHiddenLayers }, (_, layer) => {
    const attention = paramsBelow(params, `model.layers.${layer}.attn`);
    let bound: LogitBound | null = null;
    if (geometry.logPruningTolerance !== null) {
      bound = config.qkNorm ? boundFromWeights(geometry, attention) : boundFromNorms(geometry);
    }
    return new LayerCache(geometry, bound);
  });
  return new KvCache({ config, geometry, layers, notes: makeNotes(config, geometry) });
}

function makeGeometry(
  config: FoxConfig,
  device: Device,
  { batch, seqStart, evict = true }: CacheOptions,
): CacheGeometry {
  const starts = seqStart ? Int32Array.from(seqStart) : new Int32Array(batch);
  const stateShape = [1 + batch];
  const state = device.keep(device.empty(stateShape, { dtype: 'i32', label: 'decode state' }));
  const hasGate = config.fgateType !== 'none';
  return {
    device,
    batch,
    numHeads: config.numHeads,
    numKvHeads: getNumKvHeads(config),
    headDim: getHeadDim(config),
    hasGate,
    windowSize: config.windowSize,
    shifted: [
      ...(config.useKShift ? ['k' as const] : []),
      ...(config.useVShift ? ['v' as const] : []),
    ],
    seqStart: starts,
    state,
    hasPadding: starts.some((start) => start > 0),
    mayEvict: evict,
    logPruningTolerance: evict && hasGate ? config.logPruningTolerance : null,
  };
}

function makeNotes(config: FoxConfig, geometry: CacheGeometry): string[] {
  if (!geometry.mayEvict) return [];
  if (geometry.logPruningTolerance !== null) {
    return config.qkNorm
      ? []
      : [
          'cache: without QK-norm the bound of the logits is the largest norm of q and k seen so far; a later token may exceed it, so that eviction is likely right but not proven.',
        ];
  }
  if (geometry.windowSize !== null) return [];
  const reason = geometry.hasGate ? 'logPruningTolerance is null' : 'the model has no forget gate';
  return [`cache: nothing is evicted, as ${reason}.`];
}
