// One model case, start to end, by each pruning rule that is asked for.

import { join } from 'node:path';
import { createModel, loadModelFolder, type ModelFolder } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import type { PruningRule } from '../pruning-rule.ts';
import { nodeFiles } from '../reference/node-files.ts';
import { Vectors } from '../reference/vectors.ts';
import type { CaseReport } from '../report/outcome.ts';
import { compareEviction, compareGreedy, compareModel } from './compare-model.ts';
import { describeCache, describeConfig, describeKept } from './describe.ts';
import { type Golden, readGolden } from './golden.ts';
import { runEviction, runGreedy, runModel } from './on-device.ts';
import { type Variant, variantsOf } from './variant.ts';

/** Tokens of a text that is long enough to be forgotten in part: eleven pages of a cache. */
const LONG_TEXT = 352;

/** @throws CaseError, CheckpointError, UnsupportedError, and what the device throws. */
export async function checkModel(
  device: Device,
  directory: string,
  rules: readonly PruningRule[],
): Promise<CaseReport> {
  const folder = await loadModelFolder(nodeFiles, directory);
  const vectors = await Vectors.read(join(directory, 'golden.safetensors'));
  const golden = readGolden(vectors, createModel(folder.config, device).parameterSpecs());
  const { variants, notes } = variantsOf(folder.config, rules);
  const reports: CaseReport[] = [];
  for (const variant of variants) {
    reports.push(await checkVariant(device, { folder, golden, variant }));
  }
  return {
    checks: reports.flatMap(({ checks }) => checks),
    notes: [describeConfig(folder.config), ...notes, ...reports.flatMap((report) => report.notes)],
  };
}

interface VariantRun {
  readonly folder: ModelFolder;
  readonly golden: Golden;
  readonly variant: Variant;
}

async function checkVariant(
  device: Device,
  { folder, golden, variant }: VariantRun,
): Promise<CaseReport> {
  const { prefix, config } = variant;
  const model = createModel(config, device);
  const params = model.upload(folder.weights);
  try {
    const results = await runModel(model, params, golden);
    const texts = [
      ...(config.logPruningTolerance === null ? [{ name: 'greedy', useCache: false }] : []),
      { name: `${prefix}cached greedy`, useCache: true },
    ];
    const checks = compareModel(golden, results, variant);
    const notes =
      results.pruningCounts.length > 0 ? [describeKept(prefix, results.pruningCounts)] : [];
    for (const { name, useCache } of texts) {
      const greedy = await runGreedy(model, params, { ...golden.greedy, useCache });
      const check = compareGreedy(golden, greedy, name);
      checks.push(check);
      // A tie that was let pass must show in the case's line.
      if (check.measure.includes('tie')) notes.push(`${name}: ${check.measure}`);
    }
    if (config.logPruningTolerance !== null) {
      const eviction = await runEviction(model, params, { ...golden.greedy, length: LONG_TEXT });
      checks.push(compareEviction(eviction, `${prefix}evicted text`));
      notes.push(describeCache(eviction.usage));
    }
    return { checks, notes };
  } finally {
    for (const tensor of Object.values(params)) tensor.dispose();
  }
}
