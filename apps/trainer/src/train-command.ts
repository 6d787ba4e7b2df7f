// `train`: plan, open, run, report.

import { blockCost } from '@vulpes/acp-scheduler';
import { abortOnSignal, addHints, type Output, toPrintable } from '@vulpes/cli-kit';
import type { Corpus } from '@vulpes/data';
import { selectBlocks } from '@vulpes/fox-attention';
import { createModel, getHeadDim, type Model } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import {
  checkResumable,
  type Files,
  runTraining,
  type TrainingOutcome,
  toConfig,
  writeDeviceFile,
} from '@vulpes/training';
import { writeRunFiles } from './config/config-file.ts';
import { formatConfig } from './config/format-config.ts';
import { readCorpus } from './corpus-source.ts';
import { dryRunLines, memoryLine, startLines } from './describe-run.ts';
import { assertDiskFits, planFit } from './fit.ts';
import { fitVocabulary } from './fit-vocabulary.ts';
import { deviceLines, openDevice } from './open-device.ts';
import type { TrainOptions } from './options.ts';
import { type Plan, planPrecision, planRun } from './plan.ts';
import { RunProgress } from './progress.ts';
import { failureHints, heldOutLine, pruningLines, resumeHint, writeCurve } from './report.ts';
import { assertNewRunFolder, createRunFolder, splitRunPath } from './run-folder.ts';
import { assertFree, RunLock } from './run-lock.ts';
import { guardFiles, syncedFiles } from './synced-files.ts';
import { indent, sampleText } from './write-sample.ts';

/** @throws UsageError and the typed errors of the packages; the caller prints their message and hints */
export async function train(options: TrainOptions, output: Output): Promise<void> {
  const lock = new RunLock();
  try {
    if (options.resume !== undefined) {
      const { folder } = splitRunPath(options.resume);
      await (options.dryRun ? assertFree(folder) : lock.take(folder));
    }
    await planAndTrain(options, { output, lock });
  } finally {
    await lock.release();
  }
}

async function planAndTrain(
  options: TrainOptions,
  { output, lock }: { output: Output; lock: RunLock },
): Promise<void> {
  const planned = await planRun(options);
  if (options.printConfig) return printConfig(planned, output);
  const { settings, data } = planned.run;
  const progress = new RunProgress(output);
  const { corpus, notes } = await readCorpus(data, settings);
  for (const note of notes) progress.print(`Note: ${note}`);
  const asked = fitVocabulary(planned, corpus.tokenizer);
  if (options.dryRun) return dryRun(options, asked, { corpus, progress });

  const stop = abortOnSignal(() =>
    progress.print(
      'Stopping: this step is finished and saved. Press Ctrl-C again to exit at once.',
    ),
  );
  const device = await openDevice(options);
  try {
    const { plan, line } = planPrecision(asked, device.caps);
    const memory = await planFit(plan.run, device.caps);
    if (!plan.isResumed) {
      await assertDiskFits(plan.folder, memory);
      await createRunFolder(plan.folder, plan.run, lock);
    }
    const lines = [
      ...deviceLines(device.caps),
      line,
      ...startLines(plan.run, corpus),
      memoryLine(memory),
      folderLine(plan),
    ];
    for (const line of lines) progress.print(line);
    const files = guardFiles(syncedFiles, lock);
    const session = { plan, corpus, device, progress, files, signal: stop.signal };
    await withHints(plan.folder, async () => {
      const { model, outcome } = await runSession(session);
      await report(options, { ...session, model, outcome });
    });
  } finally {
    progress.close();
    stop.release();
    device.dispose();
  }
}

/** Needs no adapter and no text. */
function printConfig({ run, precision }: Plan, output: Output): void {
  const config = toConfig(run);
  const training = { ...config.training, precision };
  output.write(formatConfig({ ...config, training }, { help: true }));
}

/** Whatever ends a run, its end says what is saved and how to go on. */
async function withHints(folder: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    addHints(error, await failureHints(folder));
    throw error;
  }
}

/** Needs the adapter's limits and kernels, not its memory. Refuses what the run would refuse. */
async function dryRun(
  options: TrainOptions,
  asked: Plan,
  { corpus, progress }: Pick<Session, 'corpus' | 'progress'>,
): Promise<void> {
  using device = await openDevice(options);
  for (const line of deviceLines(device.caps)) progress.print(line);
  const { plan, line } = planPrecision(asked, device.caps);
  progress.print(line);
  const { checkpoint, folder, run, acceptChanges: accept } = plan;
  if (checkpoint) {
    const request = { config: run.model, settings: run.settings, corpus, accept };
    (await checkResumable(syncedFiles, checkpoint, request)).forEach(progress.print);
  }
  if (!plan.isResumed) await assertNewRunFolder(folder);
  const memory = await planFit(run, device.caps);
  for (const line of dryRunLines(run, corpus, { memory, caps: device.caps })) progress.print(line);
  if (!plan.isResumed) await assertDiskFits(folder, memory);
}

interface Session {
  readonly plan: Plan;
  readonly corpus: Corpus;
  readonly device: Device;
  readonly progress: RunProgress;
  readonly files: Files;
  readonly signal: AbortSignal;
}

function folderLine({ folder, isResumed, checkpoint }: Plan): string {
  if (checkpoint) return `Folder: ${folder}, continuing from step ${checkpoint.step}`;
  const note = isResumed ? ', which has no checkpoint yet: starting from the first step' : '';
  return `Folder: ${folder}${note}`;
}

async function runSession({ plan, corpus, device, progress, files, signal }: Session) {
  const model = createModel(plan.run.model, device);
  const outcome = await runTraining({
    device,
    model,
    settings: plan.run.settings,
    corpus,
    files,
    runFolder: plan.folder,
    resumeFrom: plan.checkpoint,
    acceptChanges: plan.acceptChanges,
    // A checkpoint that does not fit leaves the run's files as they were.
    onOpened: async () => {
      await writeRunFiles(plan.folder, plan.run);
      await writeDeviceFile(files, plan.folder, device.caps);
    },
    onEvent: (event) => {
      if (event.type === 'start') event.notes.forEach(progress.print);
      progress.onEvent(event);
    },
    signal,
  });
  progress.close();
  return { model, outcome };
}

async function report(
  options: TrainOptions,
  {
    plan,
    model,
    outcome,
    corpus,
    device,
    progress,
    signal,
  }: Session & { model: Model; outcome: TrainingOutcome },
): Promise<void> {
  const { settings } = plan.run;
  const files = await writeCurve(plan.folder, outcome);
  if (outcome.reason === 'stopped' || outcome.heldOutLoss === null) {
    const where = `Stopped after step ${outcome.step} of ${settings.steps}. Everything is saved.`;
    return [where, ...files, resumeHint(plan.folder)].forEach(progress.print);
  }
  if (options.sampleTokens > 0) {
    progress.print(`\nSample after the prompt ${JSON.stringify(options.prompt)}:`);
    const { tokenizer } = corpus;
    const request = { ...options, tokens: options.sampleTokens, temperature: 0.8, topK: 40 };
    const text = await sampleText(model, outcome.params, {
      ...request,
      ...{ tokenizer, seed: settings.seed, signal },
    });
    progress.print(`${indent(toPrintable(text))}\n`);
  }
  const pruning = pruningLines(outcome.pruning, {
    model: plan.run.model,
    flopsPerBlock: blockCost({
      headDim: getHeadDim(plan.run.model),
      blocks: selectBlocks({ keyLen: settings.contextLength }, device.caps),
    }).forwardFlops,
  });
  [...pruning, ...files, heldOutLine(outcome.heldOutLoss, corpus.tokenizer)].forEach(
    progress.print,
  );
}
