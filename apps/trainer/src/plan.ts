// From options to a plan: a new run from a configuration, or the rest of an old one.

import { resolve } from 'node:path';
import { UsageError } from '@vulpes/cli-kit';
import type { FoxConfig } from '@vulpes/lm-models';
import type { DeviceCaps } from '@vulpes/tensor-core';
import {
  type AcceptedChanges,
  type CheckpointLocation,
  type ConfigLayer,
  choosePrecision,
  layOver,
  mergeLayers,
  type RunDescription,
  resolveConfig,
  type TrainingConfig,
  toConfig,
  toRun,
  toSource,
  validateSettings,
} from '@vulpes/training';
import { readConfigFile, withFullPaths } from './config/config-file.ts';
import { assertGivenOnce, flagLayer } from './config/flags.ts';
import { isOverride, parseOverrides } from './config/overrides.ts';
import type { TrainOptions } from './options.ts';
import { assertSamePruning, withPruning } from './pruning-choice.ts';
import { findRun, freeRunFolder } from './run-folder.ts';

export interface Plan {
  readonly folder: string;
  /** Its precision is decided by `planPrecision`. */
  readonly run: RunDescription;
  /** As asked for, or as a resumed run had it. */
  readonly precision: TrainingConfig['precision'];
  readonly isResumed: boolean;
  /** The size of the vocabulary was asked for; else the tokenizer decides. */
  readonly isVocabularyGiven: boolean;
  readonly checkpoint: CheckpointLocation | null;
  /** What a resumed run was asked to change: it may. */
  readonly acceptChanges: AcceptedChanges;
}

/** The plan in the precision that suits the adapter or was asked for, and a line that says which. @throws UsageError where the adapter cannot compute in it */
export function planPrecision(plan: Plan, caps: DeviceCaps): { plan: Plan; line: string } {
  const { run, isResumed } = plan;
  const isKept = isResumed && plan.precision === run.settings.precision;
  const { precision, reason } = choosePrecision(plan.precision, caps);
  if (precision === 'mixed' && !caps.features.f16) {
    throw new UsageError(
      `--precision: expected f32 or auto, as this adapter has no f16, got mixed${isKept ? ', which the run was started with' : ''}. Give --precision f32; a run can go on in it.`,
    );
  }
  const settings = { ...run.settings, precision };
  const why = isKept ? 'as before' : reason;
  return { plan: { ...plan, run: { ...run, settings } }, line: `Precision: ${precision} (${why})` };
}

/** @throws UsageError CheckpointError ArgumentError */
export async function planRun(options: TrainOptions): Promise<Plan> {
  return options.resume === undefined
    ? planNewRun(options)
    : planResumedRun(options, options.resume);
}

async function planNewRun(options: TrainOptions): Promise<Plan> {
  const file = options.config === undefined ? [] : [await readConfigFile(options.config)];
  const layers = [...file, readGiven(options)];
  const resolved = resolveConfig(layers);
  const config = { ...resolved, model: withPruning(resolved.model, options) };
  return {
    folder: options.out ?? (await freeRunFolder(config.preset)),
    run: toRun(config),
    precision: config.training.precision,
    isResumed: false,
    isVocabularyGiven: layers.some(({ model }) => model?.vocabSize !== undefined),
    checkpoint: null,
    acceptChanges: {},
  };
}

async function planResumedRun(options: TrainOptions, path: string): Promise<Plan> {
  const given = readGiven(options);
  const { folder, run, checkpoint } = await findRun(path, { clean: !options.dryRun });
  if (options.out !== undefined && resolve(options.out) !== resolve(folder)) {
    throw new UsageError(
      `--out: a resumed run continues in its own folder, ${folder}. Leave the option out.`,
    );
  }
  if (options.config !== undefined) {
    throw new UsageError(
      '--config: a resumed run has its configuration. Leave the option out; what may change is given by options, such as training.steps=500.',
    );
  }
  if (given.preset !== undefined && given.preset !== run.preset) {
    throw new UsageError(
      `--preset: the run was started with "${run.preset}", got "${given.preset}"; leave the option out, or start a new run.`,
    );
  }
  assertSamePruning(run.model, options);
  assertSameModel(run.model, given);
  const { data, training } = layOver(toConfig(run), given);
  const settings = validateSettings({ ...training, precision: run.settings.precision });
  const { precision } = training;
  return {
    folder,
    run: { ...run, settings, data: toSource(data) },
    precision,
    isResumed: true,
    isVocabularyGiven: true,
    checkpoint,
    // Settings differ only where they were given. A text may have been changed on the disk as well: it has to be named.
    acceptChanges: { settings: true, corpus: isGiven(given.data) },
  };
}

const isGiven = (section: object | null | undefined): boolean =>
  Object.values(section ?? {}).some((value) => value !== undefined);

/** Options and overrides, as one layer. */
function readGiven(options: TrainOptions): ConfigLayer {
  const files = options.data?.filter((text) => !isOverride(text));
  const behindFiles = options.data?.filter(isOverride) ?? [];
  const flags = flagLayer({ ...options, ...(files && { data: files }) });
  const overrides = parseOverrides([...behindFiles, ...(options.overrides ?? [])]);
  assertGivenOnce(flags, overrides);
  return withFullPaths(mergeLayers([flags, ...overrides]));
}

/** @throws UsageError naming the field */
function assertSameModel(model: FoxConfig, { model: given }: ConfigLayer): void {
  for (const [name, value] of Object.entries(given ?? {})) {
    const saved = model[name as keyof FoxConfig];
    if (JSON.stringify(saved) === JSON.stringify(value)) continue;
    throw new UsageError(
      `model.${name}: the run was started with ${JSON.stringify(saved ?? null)}, got ${JSON.stringify(value)}; leave it out, or start a new run.`,
    );
  }
}
