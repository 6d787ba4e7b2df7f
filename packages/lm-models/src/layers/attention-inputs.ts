// What a layer attends with, before or beside a cache.

import type { Tensor } from '@vulpes/tensor-core';

export interface AttentionInputs {
  /** [B, T, H, D], after norm and rotation. */
  readonly q: Tensor;
  /** [B, T, Hkv, D], after shift, norm and rotation. */
  readonly k: Tensor;
  /** [B, T, Hkv, D], after the shift. */
  readonly v: Tensor;
  /** [B, T, H]; null without a gate. */
  readonly logFgate: Tensor | null;
  /** [B, H]: no logit of a head exceeds it; only where QK-norm and a packed projection gave it on the way. */
  readonly logitBound?: Tensor | undefined;
}
