// The checks of a model case under each pruning rule.

import { join } from 'node:path';
import type { CacheUsage } from '@vulpes/lm-models';
import { BOUNDS } from '../bounds.ts';
import type { CaseCheck, CaseReport } from '../check.ts';
import { sumCounts } from '../read-all.ts';
import { checkByRule, type VariantRun } from '../rules.ts';
import { Vectors } from '../vectors.ts';
import { type ModelCase, readModelCase } from './case.ts';
import { compareEviction, compareGreedy, compareModel } from './compare.ts';
import { runEviction, runGreedy, runModel } from './run.ts';

/** Tokens, eleven pages of a cache: enough that parts of it are forgotten. */
const LONG_TEXT = 352;

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
  if (isPruned) {
    const { kept, evicted, usage } = await runEviction(model, params, theCase.greedy, LONG_TEXT);
    checks.push(compareEviction(`${prefix}evicted text`, kept, evicted));
    notes.push(describeCache(usage));
  }
  return { checks, notes };
}

/** What the cache of a generation held at its end. */
export function describeCache({ keptBytes, fullBytes, length }: CacheUsage): string {
  const share = Math.round((100 * keptBytes) / fullBytes);
  const [kept, full] = [keptBytes, fullBytes].map((bytes) => `${Math.round(bytes / 1024)} KiB`);
  return `cache keeps ${kept} of ${full} (${share} %) after ${length} tokens`;
}
