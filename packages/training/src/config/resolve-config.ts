// Layers of a configuration laid over a preset, and a whole one made into what a run takes.

import { foxConfig, foxPreset } from '@vulpes/lm-models';
import { ArgumentError } from '@vulpes/tensor-core';
import { defaultEvaluation } from '../evaluation/evaluation-settings.ts';
import type { DataSource, RunDescription } from '../run-folder.ts';
import { type RunPreset, runPresets } from '../run-presets.ts';
import { validateSettings } from '../settings.ts';
import { findNearest } from './nearest.ts';
import type { ConfigLayer, DataConfig, RunConfig } from './run-config.ts';

const DEFAULT_PRESET = 'default';

/**
 * The preset that a layer names, and the layers over it: of two that give a field, the later wins.
 * @throws ArgumentError naming the field that makes no sense, alone or beside another
 */
export function resolveConfig(layers: readonly ConfigLayer[]): RunConfig {
  const config = layers.reduce(
    (below, layer) => layOver(below, withDerived(layer, below)),
    presetConfig(choosePreset(layers)),
  );
  validateSettings(toSettings(config));
  return { ...config, model: foxConfig(config.model) };
}

/** The configuration that a preset stands for. @throws ArgumentError where there is none of that name */
function presetConfig(name: string): RunConfig {
  const { model, settings, data } = findPreset(name);
  return {
    preset: name,
    // Generation looks back as far as training did.
    model: { ...model, maxPositionEmbeddings: settings.contextLength },
    data: { files: null, heldOut: 0.02, tokenizer: null, encoding: 'auto', field: 'text', ...data },
    training: { ...settings, precision: 'auto' },
    evaluation: defaultEvaluation,
  };
}

function findPreset(name: string): RunPreset {
  const preset = Object.hasOwn(runPresets, name) ? runPresets[name] : undefined;
  if (preset) return preset;
  const names = Object.keys(runPresets);
  const nearest = findNearest(name, names);
  throw new ArgumentError(
    `preset: expected one of ${names.join(', ')}, got ${JSON.stringify(name.slice(0, 40))}.${nearest ? ` Did you mean ${nearest}?` : ''}`,
  );
}

function choosePreset(layers: readonly ConfigLayer[]): string {
  const [first = DEFAULT_PRESET, ...others] = layers.flatMap(({ preset }) => preset ?? []);
  const other = others.find((name) => name !== first);
  if (other === undefined) return first;
  throw new ArgumentError(
    `preset: expected one, got ${JSON.stringify(first)} and ${JSON.stringify(other)}. A file begins with the preset that it names: leave the other one out.`,
  );
}

/** `layer` with what follows from it: a shorter run warms up for the same share, the model looks back as far as it is trained. */
function withDerived(layer: ConfigLayer, below: RunConfig): ConfigLayer {
  const training = layer.training ?? {};
  const model = layer.model ?? {};
  const { steps, contextLength } = training;
  const before = below.training;
  const warmupSteps = Math.floor((before.warmupSteps * (steps ?? before.steps)) / before.steps);
  const looksBack = contextLength ?? (model.preset && before.contextLength);
  return {
    ...layer,
    training: { warmupSteps: Math.min(warmupSteps, before.warmupSteps), ...training },
    model: { ...(looksBack && { maxPositionEmbeddings: looksBack }), ...model },
  };
}

/** A configuration with the fields of a layer, and nothing that follows from them. `model.preset` replaces all fields of the model first. */
export function layOver(
  below: RunConfig,
  { model, data, training, evaluation }: ConfigLayer,
): RunConfig {
  const { preset, ...fields } = model ?? {};
  return {
    preset: below.preset,
    model: merge(preset ? foxPreset(preset) : below.model, fields),
    data: merge(below.data, data ?? {}),
    training: merge(below.training, training ?? {}),
    evaluation: merge(below.evaluation, evaluation ?? {}),
  };
}

function merge<T extends object>(below: T, over: { [K in keyof T]?: T[K] | undefined }): T {
  const given = Object.entries(over).filter(([, value]) => value !== undefined);
  return { ...below, ...Object.fromEntries(given) };
}

/** Layers that count as one: what follows from a field is left to all of them. The later wins. */
export const mergeLayers = (layers: readonly ConfigLayer[]): ConfigLayer =>
  layers.reduce(
    (below, { preset, model, data, training, evaluation }) => ({
      ...((preset ?? below.preset) !== undefined && { preset: preset ?? below.preset }),
      model: { ...below.model, ...model },
      data: { ...below.data, ...data },
      training: { ...below.training, ...training },
      evaluation: { ...below.evaluation, ...evaluation },
    }),
    {},
  );

/** Until the adapter decides, 'auto' is f32. */
const toSettings = ({ training }: RunConfig) =>
  ({ ...training, precision: training.precision === 'auto' ? 'f32' : training.precision }) as const;

/** What a run folder keeps of a configuration. */
export const toRun = (config: RunConfig): RunDescription => ({
  preset: config.preset,
  model: config.model,
  settings: toSettings(config),
  data: toSource(config.data),
  evaluation: config.evaluation,
});

export const toSource = ({ files, ...reading }: DataConfig): DataSource =>
  files === null ? { kind: 'bundled', ...reading } : { kind: 'files', files, ...reading };

/** The whole configuration of a run. */
export const toConfig = ({ data, ...run }: RunDescription): RunConfig => {
  const { heldOut, tokenizer, encoding, field } = data;
  return {
    preset: run.preset,
    model: run.model,
    data: {
      files: data.kind === 'files' ? data.files : null,
      ...{ heldOut, tokenizer, encoding, field },
    },
    training: run.settings,
    evaluation: run.evaluation ?? defaultEvaluation,
  };
};
