// The logits of one more token a row: by fused kernels where there are some for the model and the device, else by the ops of the layers.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { embedding, linear, rmsNorm } from '@vulpes/wgsl-kernels';
import type { LayerCache } from '../cache/layer-cache.ts';
import type { FoxConfig } from '../config/config.ts';
import { cachedContext, headWeight, nextLogits } from '../model/forward.ts';
import { type Params, paramsBelow, readerBelow } from '../parameters/params.ts';
import { decodeLayerVariants, type FusedKernels } from './decode.kernel.ts';
import { decodeLayer } from './decode-layer.ts';
import { PackedWeights } from './packed-weights.ts';

export class LogitDecoder implements Disposable {
  readonly #params: Params;
  readonly #config: FoxConfig;
  readonly #fused: { readonly kernels: FusedKernels; readonly packed: PackedWeights } | null;

  /** Copies small weights: it holds for the params as they are. */
  constructor(
    { config, device }: { config: FoxConfig; device: Device },
    params: Params,
    batch: number,
  ) {
    this.#params = params;
    this.#config = config;
    const obstacle = findObstacle(config, params);
    const { kernels } = decodeLayerVariants.choose(device.caps, { batch, obstacle });
    this.#fused = kernels && { kernels, packed: new PackedWeights(device, params, config) };
  }

  /** Records a step for which the cache was opened. tokens i32 [B, 1] -> [B, V] */
  logits(tokens: Tensor, caches: readonly LayerCache[]): Tensor {
    const [params, config, fused] = [this.#params, this.#config, this.#fused];
    const context = cachedContext(config);
    if (!fused) return nextLogits(params, tokens, context, caches);
    const param = paramsBelow(params, 'model');
    const x = embedding(tokens, param('embeddings.weight'));
    for (const [layer, { memory }] of caches.entries()) {
      const packed = fused.packed.layers[layer]!;
      const reader = readerBelow(param, `layers.${layer}`);
      decodeLayer(x, { config, kernels: fused.kernels, param: reader, packed, memory });
    }
    const hidden = rmsNorm(x, param('norm.weight'), { eps: config.normEps });
    const [batch, , width] = hidden.shape as [number, number, number];
    return linear(hidden.device.view(hidden, [batch, width]), headWeight(params, context));
  }

  dispose(): void {
    this.#fused?.packed.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Why the fused kernels are not for this model; null: they are. They are made for FoX (Pro). */
export function findObstacle(config: FoxConfig, params: Params): string | null {
  const { useKShift, useVShift, qkNorm, useOutputGate, useOutputNorm, fgateType, useRope } = config;
  const isPro = useKShift && useVShift && qkNorm && useOutputGate && useOutputNorm;
  if (!isPro || fgateType !== 'full' || useRope) return 'is made for the layers of FoX (Pro)';
  if (config.hiddenSize % 64 !== 0) return 'needs a hidden size that is a multiple of 64';
  const other = Object.values(params).find(({ dtype }) => dtype !== 'f32');
  return other ? `needs f32 weights, got ${other.dtype}` : null;
}
