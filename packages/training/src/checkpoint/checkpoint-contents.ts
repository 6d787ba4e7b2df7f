// Weights, optimizer and trainer state to the bytes of a checkpoint's files, and back onto a device.

import {
  encodeModelFiles,
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
import { CheckpointError, type Device, formatShape, sameShape } from '@vulpes/tensor-core';
import { sha256Hex } from '../hash.ts';
import type { Model, Params } from '../model.ts';
import { type AdamWState, trainable } from '../optimizer.ts';
import type { CheckpointContents } from './checkpoint-folder.ts';
import { encodeTrainerState, TRAINER_STATE_FILE, type TrainerState } from './trainer-state.ts';

export const OPTIMIZER_FILE = 'optimizer.safetensors';

export interface TrainedTensors {
  readonly model: Model;
  readonly params: Params;
  readonly optimizer: AdamWState;
}

/** The files of a checkpoint. config.json and model.safetensors make it a Hugging Face folder as well. */
export async function encodeCheckpoint(
  { model, params, optimizer }: TrainedTensors,
  state: TrainerState,
): Promise<CheckpointContents> {
  const { config } = model;
  const moments = {
    ...(await readMoments('m.', optimizer.m)),
    ...(await readMoments('v.', optimizer.v)),
  };
  return {
    ...encodeModelFiles({ config, weights: await model.download(params) }),
    [OPTIMIZER_FILE]: writeSafetensors(moments, { updates: String(state.step) }),
    [TRAINER_STATE_FILE]: encodeTrainerState(state),
  };
}

async function readMoments(
  prefix: string,
  moments: Params,
): Promise<Record<string, WritableTensor>> {
  const entries = Object.entries(moments).map(async ([name, tensor]) => {
    return [prefix + name, { shape: tensor.shape, data: await tensor.data() }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** SHA-256 of a model's configuration. */
export const hashConfig = ({ config }: Model): Promise<string> =>
  sha256Hex(foxConfigToJson(config));

/**
 * Uploads a checkpoint's weights for this model; owned by the caller.
 * @throws CheckpointError when the folder holds another architecture
 */
export async function uploadWeights(model: Model, contents: CheckpointContents): Promise<Params> {
  const { weights } = await loadModelFolder(memoryFileSystem({ ...contents }), '');
  return model.upload(weights);
}

/** @throws CheckpointError when the optimizer belongs to another architecture, or is missing */
export function uploadOptimizer(model: Model, contents: CheckpointContents): AdamWState {
  const bytes = contents[OPTIMIZER_FILE];
  if (!bytes) {
    throw new CheckpointError(
      `resume: expected ${OPTIMIZER_FILE} in the checkpoint, got none. A folder with weights alone can be sampled from, not resumed.`,
    );
  }
  const { tensors } = readSafetensors(bytes, OPTIMIZER_FILE);
  const specs = trainable(model.parameterSpecs());
  const upload = (prefix: string) =>
    Object.fromEntries(
      specs.map((spec) => [spec.name, uploadMoment(model.device, { spec, prefix, tensors })]),
    );
  return { m: upload('m.'), v: upload('v.') };
}

function uploadMoment(
  device: Device,
  options: {
    spec: ParameterSpec;
    prefix: string;
    tensors: ReadonlyMap<string, SafetensorsTensor>;
  },
) {
  const { spec, prefix, tensors } = options;
  const label = prefix + spec.name;
  const saved = tensors.get(label);
  if (!saved || !sameShape(saved.shape, spec.shape)) {
    throw new CheckpointError(
      `resume: expected ${label} ${formatShape(spec.shape)} in ${OPTIMIZER_FILE}, got ${saved ? formatShape(saved.shape) : 'none'}. It belongs to another architecture.`,
    );
  }
  return device.tensor(tensorFloats(saved, label), spec.shape, { label });
}
