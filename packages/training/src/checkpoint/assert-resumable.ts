// Does a checkpoint belong to this model, these settings and this text?

import type { Corpus } from '@vulpes/data';
import type { FoxConfig } from '@vulpes/lm-models';
import { CheckpointError } from '@vulpes/tensor-core';
import { describeChanges, type TrainSettings } from '../settings.ts';
import { hashConfig } from './checkpoint-contents.ts';
import type { CorpusIdentity, TrainerState } from './trainer-state.ts';

export interface ResumeRequest {
  readonly config: FoxConfig;
  readonly settings: TrainSettings;
  readonly corpus: Corpus;
  readonly accept?: AcceptedChanges | undefined;
}

/** What may differ from the checkpoint on purpose. Without these it is an error. */
export interface AcceptedChanges {
  /** Steps, batch, learning rate, …: all that decides the numbers, besides the model. */
  readonly settings?: boolean;
  /** Another text. */
  readonly corpus?: boolean;
}

/**
 * @returns sentences on what changed, and what is no longer exact by it
 * @throws CheckpointError naming what differs and may not
 */
export async function assertResumable(
  saved: TrainerState,
  { config, settings, corpus, accept = {} }: ResumeRequest,
): Promise<string[]> {
  if (saved.configHash !== (await hashConfig(config))) {
    throw new CheckpointError(
      'resume: expected the architecture that the checkpoint was trained with, got another. Use the config.json of the checkpoint.',
    );
  }
  if (saved.step > settings.steps) {
    throw new CheckpointError(
      `resume: expected at least ${saved.step} steps, since the checkpoint has made them, got ${settings.steps}. Train longer.`,
    );
  }
  assertVocabulary(config, corpus);
  return [
    ...noteSteps(saved.settings, settings),
    ...noteSettings(describeChanges(saved.settings, settings), accept),
    ...noteCorpus(saved, { settings, corpus }, accept),
  ];
}

/** A longer run needs no leave. */
const noteSteps = (saved: TrainSettings, wanted: TrainSettings): string[] =>
  describeChanges(saved, wanted, ['steps']).map(
    (change) =>
      `Changed since the checkpoint: ${change}. From here on the learning rate follows the curve of the run of that length.`,
  );

function noteSettings(changes: readonly string[], accept: AcceptedChanges): string[] {
  if (changes.length === 0) return [];
  if (accept.settings) {
    return [
      `Changed since the checkpoint: ${changes.join(', ')}. From here on the numbers are not those of a run that was made in one piece.`,
    ];
  }
  throw new CheckpointError(
    `resume: expected the settings of the checkpoint, got others: ${changes.join(', ')}. Leave them out, accept the change, or start a new run.`,
  );
}

function noteCorpus(
  saved: TrainerState,
  { settings, corpus }: { settings: TrainSettings; corpus: Corpus },
  accept: AcceptedChanges,
): string[] {
  const [before, now] = [saved.corpus, identifyCorpus(corpus)];
  const note =
    'what is held out now may have been trained on before, and held-out losses before and after are not of the same text.';
  if (before.hash === now.hash && before.tokenizer === now.tokenizer) return [];
  const isCut = saved.settings.contextLength !== settings.contextLength;
  if (isCut && accept.settings)
    return [`The held-out part is cut for contextLength ${settings.contextLength}: ${note}`];
  if (accept.corpus) return [`The text is another than the run began with: ${note}`];
  throw new CheckpointError(
    `resume: expected the text that the run began with (${before.tokenizer} tokens, hash ${before.hash.slice(0, 12)}), got another (${now.tokenizer}, hash ${now.hash.slice(0, 12)}). Give the same files in the same order; or, to go on with another text, name it with --data (corpus: true in the API); or start a new run.`,
  );
}

/** @throws CheckpointError where the corpus has tokens that the model does not know */
export function assertVocabulary(config: FoxConfig, { tokenizer }: Corpus): void {
  const { name, vocabSize } = tokenizer;
  if (config.vocabSize >= vocabSize) return;
  throw new CheckpointError(
    `training: expected a model with a vocabulary of at least ${vocabSize} for ${name} tokens, got ${config.vocabSize}. Set vocab_size to ${vocabSize}.`,
  );
}

export const identifyCorpus = (corpus: Corpus): CorpusIdentity => ({
  hash: corpus.hash,
  tokenizer: corpus.tokenizer.name,
  vocabSize: corpus.tokenizer.vocabSize,
  trainTokens: corpus.train.length,
  heldOutTokens: corpus.heldOut.length,
});
