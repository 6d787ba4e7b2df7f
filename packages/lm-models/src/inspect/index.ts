// What the heads of a model remember.

export {
  decayMap,
  halfLife,
  halfLives,
  MAX_HALF_LIFE,
  meanHalfLife,
  type Quantiles,
  quantiles,
} from './half-life.ts';
export { type InspectOptions, inspectModel } from './inspect-model.ts';
export type {
  HeadInspection,
  HeadPruning,
  LayerInspection,
  ModelInspection,
} from './inspection.ts';
