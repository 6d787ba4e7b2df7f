// From options to a plan: a new run from a preset, or the rest of an old one.

import { resolve } from 'node:path';
import { UsageError } from '@vulpes/cli-kit';
import type { DeviceCaps } from '@vulpes/tensor-core';
import {
  assertSameHyperparameters,
  type CheckpointLocation,
  choosePrecision,
  type RunDescription,
  type RunPreset,
  runPresets,
  type TrainSettings,
  validateSettings,
} from '@vulpes/training';
import { chooseSource } from './corpus-source.ts';
import type { TrainOptions } from './options.ts';
import { assertSamePruning, withPruning } from './pruning-choice.ts';
import { findRun, nameRunFolder } from './run-folder.ts';

export interface Plan {
  readonly folder: string;
  readonly run: RunDescription;
  readonly isResumed: boolean;
  readonly checkpoint: CheckpointLocation | null;
}

/** The plan in the precision that suits the adapter or was asked for, and a line that says which. A resumed run keeps its own. @throws UsageError where the adapter cannot compute in it */
export function planPrecision(
  plan: Plan,
  options: Pick<TrainOptions, 'precision'>,
  caps: DeviceCaps,
): { plan: Plan; line: string } {
  const { run, isResumed } = plan;
  const wanted = options.precision ?? (isResumed ? run.settings.precision : 'auto');
  const { precision, reason } = choosePrecision(wanted, caps);
  if (precision === 'mixed' && !caps.features.f16) {
    throw new UsageError(
      `--precision: expected f32 or auto, as this adapter has no f16, got mixed${options.precision ? '' : ', which the run was started with'}. Give --precision f32; a run can go on in it.`,
    );
  }
  const settings = { ...run.settings, precision };
  const why = options.precision === undefined && isResumed ? 'as before' : reason;
  return { plan: { ...plan, run: { ...run, settings } }, line: `Precision: ${precision} (${why})` };
}

/** @throws UsageError CheckpointError ArgumentError */
export async function planRun(options: TrainOptions): Promise<Plan> {
  return options.resume === undefined
    ? planNewRun(options)
    : planResumedRun(options, options.resume);
}

function planNewRun(options: TrainOptions): Plan {
  const name = options.preset ?? 'default';
  const preset = findPreset(name);
  const settings = validateSettings(newSettings(preset, options));
  const { contextLength } = settings;
  return {
    folder: options.out ?? nameRunFolder(name),
    run: {
      preset: name,
      // Generation looks back as far as training did.
      model: { ...withPruning(preset.model, options), maxPositionEmbeddings: contextLength },
      settings,
      data: chooseSource(options.data),
    },
    isResumed: false,
    checkpoint: null,
  };
}

function findPreset(name: string): RunPreset {
  const preset = Object.hasOwn(runPresets, name) ? runPresets[name] : undefined;
  if (preset) return preset;
  throw new UsageError(
    `--preset: expected one of ${Object.keys(runPresets).join(', ')}, got "${name}".`,
  );
}

/** The warm-up keeps its share of the run when only the number of steps is given. */
function newSettings({ settings }: RunPreset, options: TrainOptions): TrainSettings {
  const given = pickSettings(options);
  const steps = given.steps ?? settings.steps;
  const warmupSteps = Math.floor((settings.warmupSteps * steps) / settings.steps);
  return { ...settings, warmupSteps: Math.min(warmupSteps, settings.warmupSteps), ...given };
}

async function planResumedRun(options: TrainOptions, path: string): Promise<Plan> {
  const { folder, run, checkpoint } = await findRun(path, { clean: !options.dryRun });
  if (options.out !== undefined && resolve(options.out) !== resolve(folder)) {
    throw new UsageError(
      `--out: a resumed run continues in its own folder, ${folder}. Leave the option out.`,
    );
  }
  if (options.preset !== undefined && options.preset !== run.preset) {
    throw new UsageError(
      `--preset: the run was started with "${run.preset}", got "${options.preset}"; leave the option out, or start a new run.`,
    );
  }
  assertSamePruning(run.model, options);
  const settings = validateSettings({ ...run.settings, ...pickSettings(options) });
  assertSameHyperparameters(run.settings, settings);
  const data = options.data === undefined ? run.data : chooseSource(options.data);
  return { folder, run: { ...run, settings, data }, isResumed: true, checkpoint };
}

/** Only what was given. */
function pickSettings(options: TrainOptions): Partial<TrainSettings> {
  type Given = { [K in Exclude<keyof TrainSettings, 'precision'>]: TrainSettings[K] | undefined };
  const given: Given = {
    steps: options.steps,
    contextLength: options.context,
    packDocuments: options.packDocuments,
    batchSize: options.batch,
    accumulate: options.accumulate,
    learningRate: options.lr,
    warmupSteps: options.warmup,
    weightDecay: options.weightDecay,
    maxGradNorm: options.clip === 'off' ? null : options.clip,
    seed: options.seed,
    checkpointEvery: options.checkpointEvery,
    keepCheckpoints: options.keep,
    evalEvery: options.evalEvery,
    evalSequences: options.evalSequences,
    checkpointing: options.checkpointing,
  };
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<TrainSettings>;
}
