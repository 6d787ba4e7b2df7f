// The checks of a model case under each pruning rule.

import { join } from 'node:path';
import type { CacheUsage } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import type { CaseReport } from '../check.ts';
import { checkByRule, type PruningRule, type VariantRun } from '../rules.ts';
import { Vectors } from '../vectors.ts';
import { type ModelCase, readModelCase } from './case.ts';
import { compareEviction, compareGreedy, compareModel } from './compare.ts';
import { runEviction, runGreedy, runModel } from './run.ts';

/** Tokens, eleven pages of a cache: enough that parts of it are forgotten. */
const LONG_TEXT = 352;

/** @throws CaseError, CheckpointError, UnsupportedError, and what the device throws */
export const checkModel = (
  device: Device,
  directory: string,
  rules: readonly PruningRule[],
): Promise<CaseReport> =>
  checkByRule(device, { directory, rules }, async (model) => {
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
  const checks = compareModel(theCase, results, variant);
  const notes =
    results.pruningCounts.length > 0 ? [describeKept(prefix, results.pruningCounts)] : [];
  const compareText = async (name: string, useCache: boolean): Promise<void> => {
    const greedy = await runGreedy(model, params, { ...theCase.greedy, useCache });
    const check = compareGreedy(theCase, greedy, name);
    checks.push(check);
    // The case's line must show that a tie was accepted.
    if (check.measure.includes('tie')) notes.push(`${name}: ${check.measure}`);
  };
  if (!isPruned) await compareText('greedy', false);
  await compareText(`${prefix}cached greedy`, true);
  if (isPruned) {
    const eviction = await runEviction(model, params, theCase.greedy, LONG_TEXT);
    checks.push(compareEviction(eviction, `${prefix}evicted text`));
    notes.push(describeCache(eviction.usage));
  }
  return { checks, notes };
}

/** @param counts - per layer, [B, H, 2]: attention blocks kept and visible */
export function describeKept(prefix: string, counts: readonly ArrayLike<number>[]): string {
  const all = counts.flatMap((layer) => Array.from(layer));
  const sum = (column: number) =>
    all.reduce((total, count, index) => total + (index % 2 === column ? count : 0), 0);
  return `${prefix}keeps ${sum(0)} of ${sum(1)} blocks`;
}

/** What the cache of a generation held at its end. */
export function describeCache({ keptBytes, fullBytes, length }: CacheUsage): string {
  const share = Math.round((100 * keptBytes) / fullBytes);
  const [kept, full] = [keptBytes, fullBytes].map((bytes) => `${Math.round(bytes / 1024)} KiB`);
  return `cache keeps ${kept} of ${full} (${share} %) after ${length} tokens`;
}
