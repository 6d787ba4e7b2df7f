// Small weights of each layer side by side, so that one launch can read them all. Copies: they hold for the params as they were.

import type { Device, Tensor } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config/config.ts';
import { type ParamReader, type Params, paramsBelow } from '../parameters/params.ts';

export interface PackedLayer {
  /** f32, [2 Hkv + H, h]: shift of k, shift of v, forget gates. h is a multiple of 64. */
  readonly logits: Tensor;
  /** f32: QK-norm of q, from `oNormK` that of k. */
  readonly norms: Tensor;
  readonly oNormK: number;
}

export class PackedWeights implements Disposable {
  readonly layers: readonly PackedLayer[];

  constructor(device: Device, params: Params, config: FoxConfig) {
    this.layers = Array.from({ length: config.numHiddenLayers }, (_, layer) =>
      packLayer(device, paramsBelow(params, `model.layers.${layer}.attn`)),
    );
  }

  dispose(): void {
    for (const { logits, norms } of this.layers) {
      logits.dispose();
      norms.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function packLayer(device: Device, param: ParamReader): PackedLayer {
  const logits = ['k_proj.shift_proj', 'v_proj.shift_proj', 'fgate_proj'];
  const weights = (names: readonly string[]) => names.map((name) => param(`${name}.weight`));
  const norms = weights(['q_norm', 'k_norm']);
  return {
    logits: pack(device, weights(logits)),
    norms: pack(device, norms),
    oNormK: padded(norms[0] as Tensor),
  };
}

/** Elements up to where the next part may begin: `device.slice` takes multiples of 64. */
const padded = ({ size }: Tensor): number => Math.ceil(size / 64) * 64;

function pack(device: Device, parts: readonly Tensor[]): Tensor {
  const size = parts.reduce((sum, part) => sum + padded(part), 0);
  const packed = device.keep(device.empty([size], { label: 'packed weights' }));
  device.scope(() => {
    let offset = 0;
    for (const part of parts) {
      device.copy(part, device.slice(packed, offset, part.shape));
      offset += padded(part);
    }
  });
  return packed;
}
