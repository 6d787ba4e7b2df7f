// @vulpes/fox-attention/reference: attention and its gradients in f64 on host arrays.

export {
  type ReferencePagedInputs,
  type ReferencePages,
  referencePagedAttention,
} from '../paged/paged.reference.ts';
export { type ReferenceGradients, referenceForgettingAttentionBackward } from './backward.ts';
export { referenceDroppedMass } from './dropped-mass.ts';
export { type ReferenceForward, referenceForgettingAttention } from './forward.ts';
export type { ReferenceLimits, ReferenceRanges } from './limits.ts';
export type { ReferenceInputs } from './rows.ts';
