// A model under each pruning rule: its configuration, the names of its checks, and what the rule may change.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import type { FoxConfig } from '@vulpes/lm-models';
import type { PruningRule } from '../pruning-rule.ts';

export interface Variant {
  readonly config: FoxConfig;
  /** Of the checks' names: '', 'acp ' or 'certified '. */
  readonly prefix: string;
  /** What bounds on outputs are widened by: attention's relative error that the rule allows. */
  readonly allowance: number;
}

/**
 * One variant a rule. A model without a forget gate never forgets, so no rule can prune it: it is checked once, dense.
 * @param rules - at least one
 */
export function variantsOf(
  config: FoxConfig,
  rules: readonly PruningRule[],
): { variants: Variant[]; notes: string[] } {
  const dense = { config: { ...config, logPruningTolerance: null }, prefix: '', allowance: 0 };
  if (config.fgateType === 'none') {
    return { variants: [dense], notes: ['no gate, so nothing to prune'] };
  }
  const logPruningTolerance = config.logPruningTolerance ?? DEFAULT_LOG_PRUNING_TOLERANCE;
  const pruned = (pruningMode: FoxConfig['pruningMode']) => ({
    ...config,
    logPruningTolerance,
    pruningMode,
  });
  const byRule: Readonly<Record<PruningRule, Variant>> = {
    none: dense,
    // The paper's threshold is so cautious that what it drops never shows.
    paper: { config: pruned('paper'), prefix: 'acp ', allowance: 0 },
    certified: {
      config: pruned('certified'),
      prefix: 'certified ',
      allowance: 2 * Math.exp(logPruningTolerance),
    },
  };
  return { variants: rules.map((rule) => byRule[rule]), notes: [] };
}
