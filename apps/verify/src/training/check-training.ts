// One training case, start to end: the official loss curve, dense and with adaptive computation pruning.

import { join } from 'node:path';
import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import { createModel, loadModelFolder, type ModelFolder } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import { describeConfig, hasGate } from '../models/describe.ts';
import { nodeFiles } from '../reference/node-files.ts';
import { Vectors } from '../reference/vectors.ts';
import type { CaseReport } from '../report/outcome.ts';
import { compareTraining } from './compare-training.ts';
import { type TrainingResults, trainOnDevice } from './on-device.ts';
import { firstSteps, readTrajectory, type Trajectory } from './trajectory.ts';

/** Of the pruned run, where there are no final parameters to reach. */
const ACP_STEPS = 8;

/** @throws CaseError, CheckpointError, UnsupportedError, and what the device throws. */
export async function checkTraining(device: Device, directory: string): Promise<CaseReport> {
  const folder = await loadModelFolder(nodeFiles, directory);
  const vectors = await Vectors.read(join(directory, 'trajectory.safetensors'));
  const { config } = folder;
  const trajectory = readTrajectory(vectors, createModel(config, device).parameterSpecs());
  const dense = await train(device, { folder, trajectory, tolerance: null });
  const checks = compareTraining(trajectory, dense);
  const notes = [describeConfig(config), `${trajectory.steps} steps`, describeLosses(dense)];
  if (!trajectory.final) notes.push('final parameters left out of this case');
  if (!hasGate(config)) return { checks, notes: [...notes, 'no gate, so nothing to prune'] };
  const tolerance = config.logPruningTolerance ?? DEFAULT_LOG_PRUNING_TOLERANCE;
  const pruned = trajectory.final ? trajectory : firstSteps(trajectory, ACP_STEPS);
  const acp = await train(device, { folder, trajectory: pruned, tolerance });
  const share = `${(100 * (acp.pruned ?? 0)).toFixed(1)} %`;
  return {
    checks: [...checks, ...compareTraining(pruned, acp, 'acp ')],
    notes: [...notes, `ACP drops ${share} of the blocks in ${pruned.steps} steps`],
  };
}

interface Variant {
  readonly folder: ModelFolder;
  readonly trajectory: Trajectory;
  /** log ε; null = dense. */
  readonly tolerance: number | null;
}

async function train(
  device: Device,
  { folder, trajectory, tolerance }: Variant,
): Promise<TrainingResults> {
  const model = createModel({ ...folder.config, logPruningTolerance: tolerance }, device);
  const params = model.upload(folder.weights);
  try {
    return await trainOnDevice(model, params, trajectory);
  } finally {
    for (const tensor of Object.values(params)) tensor.dispose();
  }
}

const describeLosses = ({ loss }: TrainingResults): string =>
  `loss ${loss[0]?.toFixed(4)} to ${loss.at(-1)?.toFixed(4)}`;
