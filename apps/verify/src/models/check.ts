// The checks of a model case under each pruning rule.

import { join } from 'node:path';
import { BOUNDS } from '../bounds.ts';
import type { CaseCheck, CaseReport } from '../check.ts';
import { sumCounts } from '../read-all.ts';
import { checkByRule, type VariantRun } from '../rules.ts';
import { Vectors } from '../vectors.ts';
import { type ModelCase, readModelCase } from './case.ts';
import { compareGreedy, compareModel } from './compare.ts';
import { runGreedy, runModel } from './run.ts';

export const checkModel: CaseCheck = (device, directory, options) =>
  checkByRule(device, { directory, ...options }, async (model) => {
    const vectors = await Vectors.read(join(directory, 'golden.safetensors'));
    const theCase = readModelCase(vectors, model.parameterSpecs());
    return (run) => checkVariant(theCase, run);
  });

async function checkVariant(
  theCase: ModelCase,
  { model, params, variant }: VariantRun,
): Promise<CaseReport> {
  const { prefix } = variant;
  const isPruned = variant.config.logPruningTolerance !== null;
  const results = await runModel(model, params, theCase);
  const bounds = BOUNDS[model.compute];
  const checks = compareModel(theCase, results, { ...variant, bounds });
  const notes = isPruned ? [`${prefix}keeps ${sumCounts(results.pruningCounts)} blocks`] : [];
  const compareText = async (name: string, useCache: boolean): Promise<void> => {
    const greedy = await runGreedy(model, params, theCase.greedy, { useCache });
    const check = compareGreedy(theCase, greedy, { name, bound: bounds.logits });
    checks.push(check);
    // The case's line must show that a tie was accepted.
    if (check.measure.includes('tie')) notes.push(`${name}: ${check.measure}`);
  };
  if (!isPruned) await compareText('greedy', false);
  // Decoding from a cache has no mixed precision.
  if (model.compute === 'f16') return { checks, notes };
  await compareText(`${prefix}cached greedy`, true);
  return { checks, notes };
}
