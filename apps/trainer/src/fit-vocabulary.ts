// The vocabulary of a new run's model: as large as that of its tokenizer, unless it is given.

import { UsageError } from '@vulpes/cli-kit';
import type { Tokenizer } from '@vulpes/data';
import type { Plan } from './plan.ts';

/** A run that is resumed keeps its model; whether that fits is checked with its checkpoint. @throws UsageError where the vocabulary that is given is too small */
export function fitVocabulary(plan: Plan, { name, vocabSize, endOfText }: Tokenizer): Plan {
  const { model } = plan.run;
  if (plan.isResumed || model.vocabSize === vocabSize) return plan;
  if (!plan.isVocabularyGiven) {
    const fitted = { ...model, vocabSize, bosTokenId: null, eosTokenId: endOfText };
    return { ...plan, run: { ...plan.run, model: fitted } };
  }
  if (model.vocabSize > vocabSize) return plan;
  throw new UsageError(
    `model.vocabSize: expected at least ${vocabSize}, the tokens of ${name}, got ${model.vocabSize}. Leave it out.`,
  );
}
