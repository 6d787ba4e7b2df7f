export { referenceTokenVisibility, type VisibilityLimits } from './token-visibility.reference.ts';
export { packedOffsets, type TokenVisibilityOptions, tokenVisibility } from './token-visibility.ts';
