// Weights, optimizer and trainer state to the bytes of a checkpoint's files, and back onto a device.

import {
  encodeModelFiles,
  type FoxConfig,
  foxConfigToJson,
  loadModelFolder,
  memoryFileSystem,
  type ParameterSpec,
  readSafetensors,
  type SafetensorsTensor,
  tensorFloats,
  type WritableTensor,
  writeSafetensors,
} from '@vulpes/lm-models';
import { CheckpointError, formatShape, sameShape, type Tensor } from '@vulpes/tensor-core';
import { sha256Hex } from '../hash.ts';
import type { Model, Params } from '../model.ts';
import { type TrainedState, trainable } from '../trained-state.ts';
import type { CheckpointContents } from './checkpoint-folder.ts';
import { encodeTrainerState, TRAINER_STATE_FILE, type TrainerState } from './trainer-state.ts';

export const OPTIMIZER_FILE = 'optimizer.safetensors';

/** The files of a checkpoint. config.json and model.safetensors make it a Hugging Face folder as well. */
export async function encodeCheckpoint(
  { model, params, m, v }: TrainedState & { readonly model: Model },
  state: TrainerState,
): Promise<CheckpointContents> {
  const { config } = model;
  const moments = {
    ...(await readMoments('m.', m.tensors)),
    ...(await readMoments('v.', v.tensors)),
  };
  return {
    ...(await encodeModelFiles({ config, weights: await model.download(params) })),
    [OPTIMIZER_FILE]: writeSafetensors(moments, { updates: String(state.step) }),
    [TRAINER_STATE_FILE]: encodeTrainerState(state),
  };
}

async function readMoments(
  prefix: string,
  moments: Readonly<Params>,
): Promise<Record<string, WritableTensor>> {
  const entries = Object.entries(moments).map(async ([name, tensor]) => {
    return [prefix + name, { shape: tensor.shape, data: await tensor.data() }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** SHA-256 of a model's configuration. */
export const hashConfig = (config: FoxConfig): Promise<string> =>
  sha256Hex(foxConfigToJson(config));

/**
 * Uploads weights and moments of a checkpoint.
 * @throws CheckpointError where it belongs to another architecture, or has no optimizer
 */
export async function restoreState(
  model: Model,
  { params, m, v }: TrainedState,
  contents: CheckpointContents,
): Promise<void> {
  const { weights } = await loadModelFolder(memoryFileSystem({ ...contents }), '');
  model.upload(weights, params);
  const bytes = contents[OPTIMIZER_FILE];
  if (!bytes) {
    throw new CheckpointError(
      `resume: expected ${OPTIMIZER_FILE} in the checkpoint, got none. A folder with weights alone can be sampled from, not resumed.`,
    );
  }
  const { tensors } = readSafetensors(bytes, OPTIMIZER_FILE);
  for (const spec of trainable(model.parameterSpecs())) {
    model.device.write(m.tensors[spec.name] as Tensor, readMoment(`m.${spec.name}`, spec, tensors));
    model.device.write(v.tensors[spec.name] as Tensor, readMoment(`v.${spec.name}`, spec, tensors));
  }
}

function readMoment(
  label: string,
  { shape }: ParameterSpec,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
): Float32Array {
  const saved = tensors.get(label);
  if (!saved || !sameShape(saved.shape, shape)) {
    throw new CheckpointError(
      `resume: expected ${label} ${formatShape(shape)} in ${OPTIMIZER_FILE}, got ${saved ? formatShape(saved.shape) : 'none'}. It belongs to another architecture.`,
    );
  }
  return tensorFloats(saved, label);
}
