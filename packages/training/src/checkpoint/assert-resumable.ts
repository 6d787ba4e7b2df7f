// Does a checkpoint belong to this model, these settings and this text?

import type { Corpus } from '@vulpes/data';
import { CheckpointError } from '@vulpes/tensor-core';
import type { Model } from '../model.ts';
import { assertSameHyperparameters, type TrainSettings } from '../settings.ts';
import { hashConfig } from './checkpoint-contents.ts';
import type { CorpusIdentity, TrainerState } from './trainer-state.ts';

/** @throws CheckpointError naming what differs */
export async function assertResumable(
  saved: TrainerState,
  { model, settings, corpus }: { model: Model; settings: TrainSettings; corpus: Corpus },
): Promise<void> {
  if (saved.configHash !== (await hashConfig(model))) {
    throw new CheckpointError(
      'resume: expected the architecture that the checkpoint was trained with, got another. Use the config.json of the checkpoint.',
    );
  }
  assertSameHyperparameters(saved.settings, settings);
  if (saved.step > settings.steps) {
    throw new CheckpointError(
      `resume: expected at least ${saved.step} steps, since the checkpoint has made them, got ${settings.steps}. Train longer.`,
    );
  }
  assertVocabulary(model, corpus);
  assertSameCorpus(saved.corpus, identifyCorpus(corpus));
}

/** @throws CheckpointError where the corpus has tokens that the model does not know */
export function assertVocabulary({ config }: Model, { tokenizer }: Corpus): void {
  const { name, vocabSize } = tokenizer;
  if (config.vocabSize >= vocabSize) return;
  throw new CheckpointError(
    `training: expected a model with a vocabulary of at least ${vocabSize} for ${name} tokens, got ${config.vocabSize}. Set vocab_size to ${vocabSize}.`,
  );
}

function assertSameCorpus(saved: CorpusIdentity, given: CorpusIdentity): void {
  for (const name of ['tokenizer', 'hash', 'trainTokens', 'heldOutTokens'] as const) {
    if (saved[name] === given[name]) continue;
    throw new CheckpointError(
      `resume: expected the text that the run began with (${name} ${saved[name]}), got another (${given[name]}). Give the same files in the same order, or start a new run.`,
    );
  }
}

export const identifyCorpus = (corpus: Corpus): CorpusIdentity => ({
  hash: corpus.hash,
  tokenizer: corpus.tokenizer.name,
  vocabSize: corpus.tokenizer.vocabSize,
  trainTokens: corpus.train.length,
  heldOutTokens: corpus.heldOut.length,
});
