// Pruning rules, and how the model and training cases are computed under each.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import { nodeFiles } from '@vulpes/cli-kit';
import {
  createModel,
  type FoxConfig,
  getHeadDim,
  getNumKvHeads,
  loadModelFolder,
  type Model,
  type Params,
  type PruningMode,
} from '@vulpes/lm-models';
import { type Device, disposeAll } from '@vulpes/tensor-core';
import { type CaseReport, type CheckOptions, joinReports } from './check.ts';

/** Nothing, by the paper's threshold, or by attention's own running sum. */
export const PRUNING_RULES = ['none', 'paper', 'certified'] as const;
export type PruningRule = (typeof PRUNING_RULES)[number];

/** A model under one rule. */
export interface Variant {
  readonly config: FoxConfig;
  /** Of the names of its checks: '', 'acp ' or 'certified '. */
  readonly prefix: string;
  /** The relative error that the rule may add to outputs. */
  readonly allowance: number;
}

/** @returns one variant a rule; one alone, dense, for models without forget gates, which have nothing to prune by */
export function createVariants(config: FoxConfig, rules: readonly PruningRule[]): Variant[] {
  const logPruningTolerance = config.logPruningTolerance ?? DEFAULT_LOG_PRUNING_TOLERANCE;
  const prune = (pruningMode: PruningMode) => ({ ...config, logPruningTolerance, pruningMode });
  const bound = 2 * Math.exp(logPruningTolerance);
  const byRule: Readonly<Record<PruningRule, Variant>> = {
    none: { config: { ...config, logPruningTolerance: null }, prefix: '', allowance: 0 },
    // The paper's threshold is so cautious that what it drops never shows.
    paper: { config: prune('paper'), prefix: 'acp ', allowance: 0 },
    certified: { config: prune('certified'), prefix: 'certified ', allowance: bound },
  };
  return config.fgateType === 'none' ? [byRule.none] : rules.map((rule) => byRule[rule]);
}

export interface VariantRun {
  readonly model: Model;
  /** Freed afterwards. */
  readonly params: Params;
  readonly variant: Variant;
  /** Of the variants of this case. */
  readonly index: number;
}

/** Loads the model of a case and checks it under each rule. */
export async function checkByRule(
  device: Device,
  { directory, rules, dtype: compute }: CheckOptions & { directory: string },
  prepare: (model: Model) => Promise<(run: VariantRun) => Promise<CaseReport>>,
): Promise<CaseReport> {
  const { config, weights } = await loadModelFolder(nodeFiles, directory);
  const check = await prepare(createModel(config, device));
  const reports: CaseReport[] = [{ checks: [], notes: describeConfig(config) }];
  for (const [index, variant] of createVariants(config, rules).entries()) {
    const model = createModel(variant.config, device, { compute });
    const params = model.upload(weights);
    try {
      reports.push(await check({ model, params, variant, index }));
    } finally {
      disposeAll(params);
    }
  }
  return joinReports(reports);
}

function describeConfig(config: FoxConfig): string[] {
  const { numHiddenLayers, hiddenSize, numHeads, vocabSize, fgateType, windowSize } = config;
  const keyHeads = getNumKvHeads(config);
  const sizes = [
    `${numHiddenLayers} layers`,
    `${hiddenSize} = ${numHeads} × ${getHeadDim(config)}`,
    ...(keyHeads === numHeads ? [] : [`${keyHeads} key heads`]),
    `vocabulary ${vocabSize}`,
    `gate ${fgateType}`,
    ...(windowSize === null ? [] : [`window ${windowSize}`]),
  ].join(', ');
  return fgateType === 'none' ? [sizes, 'no gate, so nothing to prune'] : [sizes];
}
