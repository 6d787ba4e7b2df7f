// `train`: plan, open, run, report.

import { blockCost } from '@vulpes/acp-scheduler';
import { abortOnSignal, describeAdapter, type Output } from '@vulpes/cli-kit';
import { type Corpus, createCorpus } from '@vulpes/data';
import { selectBlocks } from '@vulpes/fox-attention';
import { createModel, getHeadDim, type Model } from '@vulpes/lm-models';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { runTraining, type TrainingOutcome, toConfig, writeDeviceFile } from '@vulpes/training';
import { writeRunFiles } from './config/config-file.ts';
import { formatConfig } from './config/format-config.ts';
import { readTexts } from './corpus-source.ts';
import { dryRunLines, startLines } from './describe-run.ts';
import type { TrainOptions } from './options.ts';
import { type Plan, planPrecision, planRun } from './plan.ts';
import { RunProgress } from './progress.ts';
import { heldOutLine, pruningLines, resumeHint, writeCurve } from './report.ts';
import { createRunFolder, splitRunPath } from './run-folder.ts';
import { RunLock } from './run-lock.ts';
import { syncedFiles } from './synced-files.ts';
import { indent, sampleText } from './write-sample.ts';

/** @throws UsageError and the typed errors of the packages; the caller prints their message */
export async function train(options: TrainOptions, output: Output): Promise<void> {
  const lock = new RunLock();
  try {
    const isResumed = options.resume !== undefined && !options.dryRun;
    if (isResumed) await lock.take(splitRunPath(options.resume).folder);
    await planAndTrain(options, { output, lock });
  } finally {
    await lock.release();
  }
}

async function planAndTrain(
  options: TrainOptions,
  { output, lock }: { output: Output; lock: RunLock },
): Promise<void> {
  const asked = await planRun(options);
  if (options.printConfig) return printConfig(asked, output);
  const { settings, data } = asked.run;
  const { contextLength } = settings;
  const corpus = await createCorpus(await readTexts(data), {
    contextLength,
    heldOutShare: data.heldOut,
  });
  const progress = new RunProgress(output);
  if (options.dryRun) return dryRun(options, asked, { corpus, progress });

  const stop = abortOnSignal(() =>
    progress.print(
      'Stopping: this step is finished and saved. Press Ctrl-C again to exit at once.',
    ),
  );
  const device = await createDevice({ adapter: options.adapter });
  try {
    const { plan, line } = planPrecision(asked, device.caps);
    if (!plan.isResumed) await createRunFolder(plan.folder, plan.run, lock);
    progress.print(`Adapter: ${describeAdapter(device.caps)}`);
    const lines = [line, ...startLines(plan.run, corpus), folderLine(plan)];
    for (const line of lines) progress.print(line);
    const session = { plan, corpus, device, progress, signal: stop.signal };
    const { model, outcome } = await runSession(session);
    await report(options, { ...session, model, outcome });
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

/** Needs the adapter's limits and kernels, not its memory. */
async function dryRun(
  options: TrainOptions,
  asked: Plan,
  { corpus, progress }: Pick<Session, 'corpus' | 'progress'>,
): Promise<void> {
  using device = await createDevice({ adapter: options.adapter });
  progress.print(`Adapter: ${describeAdapter(device.caps)}`);
  const { plan, line } = planPrecision(asked, device.caps);
  progress.print(line);
  for (const line of await dryRunLines(plan.run, corpus, device.caps)) progress.print(line);
}

interface Session {
  readonly plan: Plan;
  readonly corpus: Corpus;
  readonly device: Device;
  readonly progress: RunProgress;
  readonly signal: AbortSignal;
}

function folderLine({ folder, isResumed, checkpoint }: Plan): string {
  if (checkpoint) return `Folder: ${folder}, continuing from step ${checkpoint.step}`;
  const note = isResumed ? ', which has no checkpoint yet: starting from the first step' : '';
  return `Folder: ${folder}${note}`;
}

async function runSession({ plan, corpus, device, progress, signal }: Session) {
  const model = createModel(plan.run.model, device);
  const outcome = await runTraining({
    device,
    model,
    settings: plan.run.settings,
    corpus,
    files: syncedFiles,
    runFolder: plan.folder,
    resumeFrom: plan.checkpoint,
    // A checkpoint that does not fit leaves the run's files as they were.
    onOpened: async () => {
      await writeRunFiles(plan.folder, plan.run);
      await writeDeviceFile(syncedFiles, plan.folder, device.caps);
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
    const request = { ...options, tokens: options.sampleTokens, temperature: 0.8, topK: 40 };
    const text = await sampleText(model, outcome.params, {
      ...request,
      seed: settings.seed,
      signal,
    });
    progress.print(`${indent(text)}\n`);
  }
  const pruning = pruningLines(outcome.pruning, {
    model: plan.run.model,
    flopsPerBlock: blockCost({
      headDim: getHeadDim(plan.run.model),
      blocks: selectBlocks({ keyLen: settings.contextLength }, device.caps),
    }).forwardFlops,
  });
  [...pruning, ...files, heldOutLine(outcome.heldOutLoss)].forEach(progress.print);
}
