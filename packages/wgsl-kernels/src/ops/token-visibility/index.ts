export { packedOffsets, type TokenVisibilityOptions, tokenVisibility } from './token-visibility.ts';
