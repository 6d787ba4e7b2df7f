// One pre-norm block: attention, then MLP, each added to the residual stream.

import type { Tensor } from '@vulpes/tensor-core';
import { type ParamReader, readerBelow } from '../parameters/params.ts';
import { type AttentionResult, attentionHalf, type StreamResult } from './attention-layer.ts';
import type { ForwardContext } from './context.ts';
import { mlpHalf } from './mlp.ts';
import { normStream, type Stream, sumStream } from './residual.ts';

/** x [B, T, h] -> [B, T, h] */
export function block(x: Tensor, param: ParamReader, context: ForwardContext): AttentionResult {
  const { stream, pruningCounts } = streamBlock({ residual: x, delta: null }, param, context);
  return { output: sumStream(stream), pruningCounts };
}

/** A block between others: what it adds last is added by the norm that follows. */
export function streamBlock(
  stream: Stream,
  param: ParamReader,
  context: ForwardContext,
): StreamResult {
  const first = normStream(stream, param('attn_norm.weight'), context);
  const attention = attentionHalf(toInputs(first), readerBelow(param, 'attn'), context);
  const second = normStream(attention.stream, param('mlp_norm.weight'), context);
  return {
    stream: mlpHalf(toInputs(second), readerBelow(param, 'mlp'), context),
    pruningCounts: attention.pruningCounts,
  };
}

const toInputs = ({ normed, residual }: ReturnType<typeof normStream>) => ({ x: normed, residual });
