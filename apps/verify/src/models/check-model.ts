// One model case, start to end: the official results, dense and with adaptive computation pruning.

import { join } from 'node:path';
import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import { createModel, type FoxConfig, loadModelFolder, type ModelFolder } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import type { Check } from '../compare/check.ts';
import { nodeFiles } from '../reference/node-files.ts';
import { Vectors } from '../reference/vectors.ts';
import type { CaseReport } from '../report/outcome.ts';
import { compareGreedy, compareModel } from './compare-model.ts';
import { describeConfig, describePruning, hasGate } from './describe.ts';
import { type Golden, readGolden } from './golden.ts';
import { runGreedy, runModel } from './on-device.ts';

/** @throws CaseError, CheckpointError, UnsupportedError, and what the device throws. */
export async function checkModel(device: Device, directory: string): Promise<CaseReport> {
  const folder = await loadModelFolder(nodeFiles, directory);
  const vectors = await Vectors.read(join(directory, 'golden.safetensors'));
  const { config } = folder;
  const golden = readGolden(vectors, createModel(config, device).parameterSpecs());
  const dense = await checkVariant(device, { folder, golden, prefix: '', tolerance: null });
  const description = describeConfig(config);
  const notes = [description, ...dense.notes];
  if (!hasGate(config)) return { ...dense, notes: [...notes, 'no gate, so nothing to prune'] };
  const tolerance = config.logPruningTolerance ?? DEFAULT_LOG_PRUNING_TOLERANCE;
  const acp = await checkVariant(device, { folder, golden, prefix: 'acp ', tolerance });
  return { checks: [...dense.checks, ...acp.checks], notes: [...notes, ...acp.notes] };
}

interface Variant {
  readonly folder: ModelFolder;
  readonly golden: Golden;
  readonly prefix: string;
  /** log ε; null = dense. */
  readonly tolerance: number | null;
}

async function checkVariant(
  device: Device,
  { folder, golden, prefix, tolerance }: Variant,
): Promise<CaseReport> {
  const config: FoxConfig = { ...folder.config, logPruningTolerance: tolerance };
  const model = createModel(config, device);
  const params = model.upload(folder.weights);
  try {
    const results = await runModel(model, params, golden);
    const checks: Check[] = compareModel(golden, results, prefix);
    if (tolerance !== null) return { checks, notes: [describePruning(results.pruningCounts)] };
    const greedy = compareGreedy(golden, await runGreedy(model, params, golden.greedy));
    // A tie that was let pass must show in the case's line.
    const notes = greedy.measure.includes('tie') ? [`greedy: ${greedy.measure}`] : [];
    return { checks: [...checks, greedy], notes };
  } finally {
    for (const tensor of Object.values(params)) tensor.dispose();
  }
}
