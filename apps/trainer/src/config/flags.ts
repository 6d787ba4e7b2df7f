// The short options of `train`, such as --steps, as a layer of the configuration.

import { UsageError } from '@vulpes/cli-kit';
import type { ConfigLayer, TrainingConfig } from '@vulpes/training';
import type { TrainOptions } from '../options.ts';

type Flag = {
  readonly flag: string;
  readonly option: keyof TrainOptions;
};

/** The option that is short for a field. */
const shortFor = {
  steps: { flag: '--steps', option: 'steps' },
  contextLength: { flag: '--context', option: 'context' },
  packDocuments: { flag: '--pack-documents', option: 'packDocuments' },
  batchSize: { flag: '--batch', option: 'batch' },
  accumulate: { flag: '--accumulate', option: 'accumulate' },
  learningRate: { flag: '--lr', option: 'lr' },
  warmupSteps: { flag: '--warmup', option: 'warmup' },
  weightDecay: { flag: '--weight-decay', option: 'weightDecay' },
  maxGradNorm: { flag: '--clip', option: 'clip' },
  seed: { flag: '--seed', option: 'seed' },
  checkpointEvery: { flag: '--checkpoint-every', option: 'checkpointEvery' },
  keepCheckpoints: { flag: '--keep', option: 'keep' },
  evalEvery: { flag: '--eval-every', option: 'evalEvery' },
  evalSequences: { flag: '--eval-sequences', option: 'evalSequences' },
  checkpointing: { flag: '--checkpointing', option: 'checkpointing' },
  precision: { flag: '--precision', option: 'precision' },
} as const satisfies { readonly [Name in keyof TrainingConfig]?: Flag };

const short = Object.entries(shortFor) as [keyof TrainingConfig, Flag][];

/** Only what was given. */
export function flagLayer(options: TrainOptions): ConfigLayer {
  const given = short.flatMap(([name, { option }]) => {
    const value = options[option];
    return value === undefined ? [] : [[name, value === 'off' ? null : value] as const];
  });
  const { preset, data, tokenizer, encoding, field } = options;
  return {
    ...(preset !== undefined && { preset }),
    data: {
      ...(data && { files: [...data] }),
      ...(tokenizer !== undefined && { tokenizer }),
      ...(encoding !== undefined && { encoding }),
      ...(field !== undefined && { field }),
    },
    training: Object.fromEntries(given),
  };
}

/** @throws UsageError where an option and an override say different things */
export function assertGivenOnce(flags: ConfigLayer, overrides: readonly ConfigLayer[]): void {
  const values: Readonly<Record<string, unknown>> = flags.training ?? {};
  for (const [name, value] of overrides.flatMap(({ training }) => Object.entries(training ?? {}))) {
    const flag = short.find(([field]) => field === name)?.[1].flag;
    if (!flag || !Object.hasOwn(values, name) || values[name] === value) continue;
    throw new UsageError(
      `${flag}: expected one value for training.${name}, got ${values[name]} and training.${name}=${value}. Leave one of the two out.`,
    );
  }
}
