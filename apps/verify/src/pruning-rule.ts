// What a run computes the cases with.

/** Nothing dropped, the paper's rule, or certified pruning. */
export const PRUNING_RULES = ['none', 'paper', 'certified'] as const;
export type PruningRule = (typeof PRUNING_RULES)[number];
