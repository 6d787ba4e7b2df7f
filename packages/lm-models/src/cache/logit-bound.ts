// U, the bound of |q · k| / √D of each head: from the QK-norm weights, which hold for every text, or from the norms seen so far.

import { logitUpperBoundFromQkNorm } from '@vulpes/acp-scheduler';
import type { Tensor } from '@vulpes/tensor-core';
import type { ParamReader } from '../parameters/params.ts';
import { normMaxima } from './cache.kernel.ts';
import { type CacheGeometry, type Chunk, computeSmScale } from './geometry.ts';
import { getGroupSize } from './page-pools.ts';

export interface LogitBound extends Disposable {
  /** f32 [B, H] */
  readonly tensor: Tensor;
  /** Takes the queries [B, M, H, D] and keys [B, M, Hkv, D] of a chunk into account. */
  append(q: Tensor, k: Tensor, chunk: Pick<Chunk, 'length'>): void;
  dispose(): void;
}

/** ‖x‖ ≤ √D · max|γ| after an RMS norm: holds for queries yet to come. */
export function boundFromWeights(geometry: CacheGeometry, attention: ParamReader): LogitBound {
  const { device, batch, numHeads, headDim } = geometry;
  const tensor = device.keep(device.empty([batch, numHeads], { label: 'logitUpperBound' }));
  device.scope(() => {
    const bound = logitUpperBoundFromQkNorm(
      attention('q_norm.weight'),
      attention('k_norm.weight'),
      {
        batch,
        numHeads,
        headDim,
        smScale: computeSmScale(geometry),
      },
    );
    device.copy(bound, tensor);
  });
  const dispose = () => tensor.dispose();
  return { tensor, append: () => {}, dispose, [Symbol.dispose]: dispose };
}

/** The largest norms so far. A later query may exceed them: likely right, but no proof. */
export function boundFromNorms(geometry: CacheGeometry): LogitBound {
  const { device, batch, numHeads, headDim, state } = geometry;
  const heads = batch * numHeads;
  const tensor = device.keep(device.zeros([batch, numHeads], { label: 'logitUpperBound' }));
  const maxima = device.keep(device.zeros([batch, numHeads, 2], { label: 'norm maxima' }));
  const dispose = () => {
    tensor.dispose();
    maxima.dispose();
  };
  return {
    tensor,
    append(q, k, { length }) {
      normMaxima.run(device, {
        dims: {
          heads,
          numHeads,
          group: getGroupSize(geometry),
          headDim,
          chunkLen: length,
          smScale: computeSmScale(geometry),
        },
        tensors: { q, k, state, maxima, logit_bound: tensor },
      });
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}
