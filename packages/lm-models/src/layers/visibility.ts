// Which keys each token of a batch may see, made once for all layers.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { tokenVisibility } from '@vulpes/wgsl-kernels';
import type { FoxConfig } from '../config/config.ts';

export interface Documents {
  /** i32 [B]: tokens before it are padding. */
  readonly seqStart?: Tensor | undefined;
  /** i32 [documents + 1] or [B, documents + 1]: where packed documents begin, and where the last one ends. */
  readonly cuSeqlens?: Tensor | undefined;
}

export interface Visibility {
  /** i32 [B, T, 2], see `tokenVisibility`: documents and padding. None: each row is one document. For shifts and gates. */
  readonly documentVisibility: Tensor | undefined;
  /** The same within the sliding window, for attention. */
  readonly visibility: Tensor | undefined;
}

export function makeVisibility(
  device: Device,
  { batch, length }: { batch: number; length: number },
  { seqStart, cuSeqlens }: Documents,
  { windowSize }: FoxConfig,
): Visibility {
  const documents = { batch, length, seqStart, cuSeqlens };
  const documentVisibility = seqStart || cuSeqlens ? tokenVisibility(device, documents) : undefined;
  if (windowSize === null) return { documentVisibility, visibility: documentVisibility };
  return { documentVisibility, visibility: tokenVisibility(device, { ...documents, windowSize }) };
}
