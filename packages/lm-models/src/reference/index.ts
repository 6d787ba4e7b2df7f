// @vulpes/lm-models/reference: the whole model in f64 on host arrays, forward and loss.

export { type ReferenceBatch, type ReferenceResult, referenceBatch } from './batch.ts';
export type { ReferenceSequence } from './documents.ts';
export { type ReferenceWeights, referenceLogits, referenceLossPerToken } from './model.ts';
