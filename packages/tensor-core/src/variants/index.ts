// Kernel variants: declared per op, chosen in one place, forced by name, explained.

export {
  defineVariants,
  listDefinedVariants,
  type Variant,
  type VariantName,
  type Variants,
} from './define-variants.ts';
export { describeVariants, explainVariants, type VariantReport } from './explain.ts';
export {
  assertForcedVariantsRun,
  formatVariants,
  parseVariants,
  type VariantChoice,
} from './force.ts';
export { findMissing, formatMatrixConfig, type Requirements } from './requirements.ts';
