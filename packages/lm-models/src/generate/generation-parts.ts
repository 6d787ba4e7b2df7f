// What every way of finding the next token works with.

import type { Model } from '../model/model.ts';
import type { Params } from '../parameters/params.ts';
import type { GenerateSettings } from './options.ts';
import type { TokenChooser } from './token-chooser.ts';

export interface GenerationParts {
  readonly model: Model;
  readonly params: Params;
  readonly settings: GenerateSettings;
  readonly chooser: TokenChooser;
}
