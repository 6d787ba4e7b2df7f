export { naiveTokenSpans, type SpanLimits } from './token-spans.naive.ts';
export { packedOffsets, type TokenSpansOptions, tokenSpans } from './token-spans.ts';
