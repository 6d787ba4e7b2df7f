// A run's configuration as users write it: its sections, and what each field accepts.

import { type FoxConfig, foxConfigSchema, presetNames } from '@vulpes/lm-models';
import * as v from 'valibot';
import { type EvaluationSettings, evaluationSchema } from '../evaluation/evaluation-settings.ts';
import { precisions } from '../precision.ts';
import { share, text } from '../schema.ts';
import { settingsSchema } from '../settings.ts';

const dataSchema = v.strictObject({
  files: v.pipe(
    v.nullable(v.pipe(v.array(text), v.minLength(1))),
    v.description('a list of files, or null for the bundled text'),
  ),
  heldOut: share,
  tokenizer: v.pipe(
    v.nullable(text),
    v.description('a tokenizer: bytes, gpt2, bpe:N, the path of a tokenizer.json; or null'),
  ),
  encoding: v.pipe(text, v.description('an encoding: auto, bytes, or its name')),
  field: text,
});

const trainingSchema = v.strictObject({
  ...settingsSchema.entries,
  /** 'auto' is decided when the adapter is known. */
  precision: v.picklist(['auto', ...precisions], `one of ${['auto', ...precisions].join(', ')}`),
});

const evaluationFields = v.strictObject(evaluationSchema.entries);

export const runConfigSchema = v.strictObject({
  /** The run preset that it began with. */
  preset: text,
  model: foxConfigSchema,
  data: dataSchema,
  training: trainingSchema,
  evaluation: evaluationFields,
});

/** All of it: what a run is made from. */
export interface RunConfig {
  readonly preset: string;
  readonly model: FoxConfig;
  readonly data: DataConfig;
  readonly training: TrainingConfig;
  readonly evaluation: EvaluationSettings;
}
export type DataConfig = Readonly<v.InferOutput<typeof dataSchema>>;
export type TrainingConfig = Readonly<v.InferOutput<typeof trainingSchema>>;

/** Where the fields of `model` begin, before those that are given. */
const modelPreset = v.pipe(
  v.picklist(presetNames),
  v.description(`one of ${presetNames.join(', ')}`),
);

export const layerSchema = v.strictObject({
  preset: v.optional(text),
  model: v.nullish(v.partial(v.strictObject({ preset: modelPreset, ...foxConfigSchema.entries }))),
  data: v.nullish(v.partial(dataSchema)),
  training: v.nullish(v.partial(trainingSchema)),
  evaluation: v.nullish(v.partial(evaluationFields)),
});

/** Some of it, laid over what stood before: a file, the options of a command. */
export type ConfigLayer = Readonly<v.InferOutput<typeof layerSchema>>;

export type ConfigSection = 'model' | 'data' | 'training' | 'evaluation';

type Fields = Readonly<Record<string, v.GenericSchema>>;

/** What a file may hold: the fields of each section. */
export const configFields: Readonly<Record<ConfigSection, Fields>> = {
  model: { preset: modelPreset, ...foxConfigSchema.entries },
  data: dataSchema.entries,
  training: trainingSchema.entries,
  evaluation: evaluationSchema.entries,
};

export const configSections = Object.keys(configFields) as readonly ConfigSection[];

/** In words, such as "a whole number ≥ 1". */
export function describeField(field: v.GenericSchema): string {
  const description = v.getDescription(field);
  if (description !== undefined) return description;
  const issue = v.safeParse(field, Symbol('no field accepts a symbol')).issues?.[0];
  return issue?.message ?? 'a value';
}
