// Which keys each token of a batch may see, made once for all layers.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { tokenSpans } from '@vulpes/wgsl-kernels';
import type { FoxConfig } from '../config.ts';

export interface Documents {
  /** i32 [B]: tokens before it are padding. */
  readonly seqStart?: Tensor | undefined;
  /** i32 [documents + 1] or [B, documents + 1]: where packed documents begin, and where the last one ends. */
  readonly cuSeqlens?: Tensor | undefined;
}

export interface Spans {
  /** i32 [B, T, 2], see `tokenSpans`: documents and padding. None: each row is one document. For shifts and gates. */
  readonly documentSpans: Tensor | undefined;
  /** The same within the sliding window, for attention. */
  readonly spans: Tensor | undefined;
}

export function makeSpans(
  device: Device,
  { batch, length }: { batch: number; length: number },
  { seqStart, cuSeqlens }: Documents,
  { windowSize }: FoxConfig,
): Spans {
  const documents = { batch, length, seqStart, cuSeqlens };
  const documentSpans = seqStart || cuSeqlens ? tokenSpans(device, documents) : undefined;
  if (windowSize === null) return { documentSpans, spans: documentSpans };
  return { documentSpans, spans: tokenSpans(device, { ...documents, windowSize }) };
}
