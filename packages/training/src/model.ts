// What the loop takes from the models.

import { type Checkpointing, createModel, type LossInputs, type Model } from '@vulpes/lm-models';

export type { Model, Params } from '@vulpes/lm-models';

/** i32 [batch, tokens] each. */
export type TensorBatch = Pick<LossInputs, 'inputIds' | 'labels'>;

/** The same model, which computes in backward again what `checkpointing` says. */
export const withCheckpointing = (model: Model, checkpointing: Checkpointing): Model =>
  model.checkpointing === checkpointing
    ? model
    : createModel(model.config, model.device, { checkpointing });
