// The files of a run's folder besides its checkpoints: run.json, device.json, metrics.jsonl.

import { type FoxConfig, foxConfigFromJson, foxConfigToJson } from '@vulpes/lm-models';
import type { DeviceCaps } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { type EvaluationSettings, evaluationSchema } from './evaluation/evaluation-settings.ts';
import { encodeJson, type Files, joinPath, replaceFile } from './files.ts';
import { METRICS_FILE, type ParsedMetrics, parseMetrics } from './metrics-log.ts';
import { decodeJson, share, text } from './schema.ts';
import { settingsSchema, type TrainSettings } from './settings.ts';

export const RUN_FILE = 'run.json';
const DEVICE_FILE = 'device.json';
const FORMAT = 'vulpes-run-1';

/** Share of the text that is held out. Runs from before it have 0.02. */
const heldOut = v.optional(share, 0.02);

/** How text is read. Runs from before it have bytes, of UTF-8. */
const reading = {
  heldOut,
  tokenizer: v.optional(v.nullable(text), null),
  encoding: v.optional(text, 'auto'),
  field: v.optional(text, 'text'),
};

/** Kept so that a run can be resumed without naming its text again. */
const dataSourceSchema = v.variant(
  'kind',
  [
    v.object({ kind: v.literal('bundled'), ...reading }),
    /** Paths in the order of reading; or one folder of token shards. */
    v.object({ kind: v.literal('files'), files: v.array(text, 'a list of files'), ...reading }),
  ],
  '"bundled" or "files"',
);

const runSchema = v.object({
  preset: text,
  settings: settingsSchema,
  data: dataSourceSchema,
  /** As config.json has it. */
  model: v.record(v.string(), v.unknown()),
  /** Runs from before it have none. */
  evaluation: v.optional(evaluationSchema),
});

export type DataSource = v.InferOutput<typeof dataSourceSchema>;

/** What a run was asked for. */
export interface RunDescription {
  readonly preset: string;
  readonly model: FoxConfig;
  readonly settings: TrainSettings;
  readonly data: DataSource;
  /** Default: `defaultEvaluation`. */
  readonly evaluation?: EvaluationSettings | undefined;
}

export async function writeRunFile(
  files: Files,
  folder: string,
  { preset, settings, data, model, evaluation }: RunDescription,
): Promise<void> {
  const config: unknown = JSON.parse(foxConfigToJson(model));
  const bytes = encodeJson({ format: FORMAT, preset, settings, data, evaluation, model: config });
  await replaceFile(files, joinPath(folder, RUN_FILE), bytes);
}

/** The part of `Files` that reading needs. */
interface ReadableFiles {
  read(path: string): Promise<Uint8Array>;
  size(path: string): Promise<number | null>;
}

/**
 * @returns null when the folder has no run.json
 * @throws CheckpointError naming the field that is missing or of another kind
 */
export async function readRunFile(
  files: ReadableFiles,
  folder: string,
): Promise<RunDescription | null> {
  const what = joinPath(folder, RUN_FILE);
  if ((await files.size(what)) === null) return null;
  const run = decodeJson(await files.read(what), { schema: runSchema, format: FORMAT, what });
  const model = foxConfigFromJson(JSON.stringify(run.model), `${what}, field "model"`);
  return { ...run, model };
}

/** What the run computes on: adapter and why, kernels, features, limits. Written anew at each resumption. */
export async function writeDeviceFile(
  files: Files,
  folder: string,
  caps: DeviceCaps,
): Promise<void> {
  await replaceFile(files, joinPath(folder, DEVICE_FILE), encodeJson(caps));
}

/** The lines of metrics.jsonl that can be read, and which cannot; none before the first. */
export async function readMetrics(files: ReadableFiles, folder: string): Promise<ParsedMetrics> {
  const path = joinPath(folder, METRICS_FILE);
  const isThere = (await files.size(path)) !== null;
  return parseMetrics(isThere ? await files.read(path) : new Uint8Array());
}
