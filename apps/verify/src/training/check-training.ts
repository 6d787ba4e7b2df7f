// One training case, start to end: the official loss curve, by each pruning rule that is asked for.

import { join } from 'node:path';
import { createModel, loadModelFolder, type ModelFolder } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import { describeConfig } from '../models/describe.ts';
import { type Variant, variantsOf } from '../models/variant.ts';
import type { PruningRule } from '../pruning-rule.ts';
import { nodeFiles } from '../reference/node-files.ts';
import { Vectors } from '../reference/vectors.ts';
import type { CaseReport } from '../report/outcome.ts';
import { compareTraining } from './compare-training.ts';
import { type TrainingResults, trainOnDevice } from './on-device.ts';
import { firstSteps, readTrajectory, type Trajectory } from './trajectory.ts';

/** Of further runs, where there are no final parameters to reach. */
const FURTHER_STEPS = 8;

/** @throws CaseError, CheckpointError, UnsupportedError, and what the device throws. */
export async function checkTraining(
  device: Device,
  directory: string,
  rules: readonly PruningRule[],
): Promise<CaseReport> {
  const folder = await loadModelFolder(nodeFiles, directory);
  const vectors = await Vectors.read(join(directory, 'trajectory.safetensors'));
  const trajectory = readTrajectory(vectors, createModel(folder.config, device).parameterSpecs());
  const { variants, notes } = variantsOf(folder.config, rules);
  const reports: CaseReport[] = [];
  for (const [index, variant] of variants.entries()) {
    const isWhole = index === 0 || trajectory.final !== null;
    const steps = isWhole ? trajectory : firstSteps(trajectory, FURTHER_STEPS);
    reports.push(await checkVariant(device, { folder, trajectory: steps, variant }));
  }
  const leftOut = trajectory.final ? [] : ['final parameters left out of this case'];
  return {
    checks: reports.flatMap(({ checks }) => checks),
    notes: [
      describeConfig(folder.config),
      ...notes,
      ...reports.flatMap((report) => report.notes),
      ...leftOut,
    ],
  };
}

interface VariantRun {
  readonly folder: ModelFolder;
  readonly trajectory: Trajectory;
  readonly variant: Variant;
}

async function checkVariant(
  device: Device,
  { folder, trajectory, variant }: VariantRun,
): Promise<CaseReport> {
  const { prefix, config } = variant;
  const model = createModel(config, device);
  const params = model.upload(folder.weights);
  try {
    const results = await trainOnDevice(model, params, trajectory);
    return {
      checks: compareTraining(trajectory, results, prefix),
      notes: [`${prefix}${trajectory.steps} steps, ${describe(results)}`],
    };
  } finally {
    for (const tensor of Object.values(params)) tensor.dispose();
  }
}

function describe({ loss, blocks }: TrainingResults): string {
  const losses = `loss ${loss[0]?.toFixed(4)} to ${loss.at(-1)?.toFixed(4)}`;
  return blocks ? `${losses}, keeps ${blocks.kept} of ${blocks.visible} blocks` : losses;
}
