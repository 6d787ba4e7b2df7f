// What the loop takes from the models.

import { createModel, type LossInputs, type Model } from '@vulpes/lm-models';
import { toComputeDType } from './precision.ts';
import type { TrainSettings } from './settings.ts';

export type { Model, Params } from '@vulpes/lm-models';

/** i32 [batch, tokens] each; cuSeqlens [batch, n], where documents are packed. */
export type TensorBatch = Pick<LossInputs, 'inputIds' | 'labels' | 'cuSeqlens'>;

/** The same model, computing as the settings of a run say. */
export function withSettings(
  model: Model,
  { checkpointing, precision }: Pick<TrainSettings, 'checkpointing' | 'precision'>,
): Model {
  const compute = toComputeDType(precision);
  return model.checkpointing === checkpointing && model.compute === compute
    ? model
    : createModel(model.config, model.device, { checkpointing, compute });
}
