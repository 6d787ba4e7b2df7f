// Names that the loop takes from the models.

import type { LossInputs } from '@vulpes/lm-models';

export type { Model, Params } from '@vulpes/lm-models';

/** i32 [batch, tokens] each. */
export type TensorBatch = Pick<LossInputs, 'inputIds' | 'labels'>;
