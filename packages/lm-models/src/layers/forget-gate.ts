// log f_t of every token and head: how much of what came before a token outlives it. [FoX v2, Sec. 3]

import { reshape, type Tensor } from '@vulpes/tensor-core';
import { broadcastRows, linear, logSigmoid } from '@vulpes/wgsl-kernels';
import type { FoxConfig } from '../config/config.ts';
import type { ParamReader } from '../parameters/params.ts';

/** log f = logsigmoid(W_f x + b_f), or of a bias alone; f32 always. x [B, T, h] -> [B, T, H]; null without a gate. */
export function logForgetGate(x: Tensor, param: ParamReader, config: FoxConfig): Tensor | null {
  const [batch, seqLen] = x.shape as [number, number, number];
  switch (config.fgateType) {
    case 'full':
      return logSigmoid(
        linear(x, param('fgate_proj.weight'), param('fgate_proj.bias'), { out: 'f32' }),
      );
    case 'bias_only':
    case 'fixed': {
      const perHead = broadcastRows(logSigmoid(param('fgate_bias')), batch * seqLen);
      return reshape(perHead, [batch, seqLen, config.numHeads]);
    }
    case 'none':
      return null;
    default:
      return config.fgateType satisfies never;
  }
}
