// `eval`: what a trained model has learned, in evaluation.json and on a page.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  abortOnSignal,
  describeAdapter,
  describeFileError,
  nodeFiles,
  type Output,
  ProgressLine,
  UsageError,
} from '@vulpes/cli-kit';
import { createModel, loadModelFolder } from '@vulpes/lm-models';
import { createDevice, disposeAll } from '@vulpes/tensor-core';
import {
  type EvaluationReport,
  evaluateModel,
  layOver,
  mergeLayers,
  resolveConfig,
  toConfig,
} from '@vulpes/training';
import { parseOverrides } from '../config/overrides.ts';
import { readCorpus } from '../corpus-source.ts';
import type { EvalOptions } from '../options.ts';
import { findRun } from '../run-folder.ts';
import { evaluationLines } from './evaluation-lines.ts';
import { evaluationPage } from './evaluation-page.ts';

/** @throws UsageError and the typed errors of the packages */
export async function evaluate(path: string, options: EvalOptions, output: Output): Promise<void> {
  const { folder, run, checkpoint } = await findRun(path, { clean: false, asked: 'eval' });
  if (checkpoint === null)
    throw new UsageError(`eval: ${folder} has no checkpoint yet; train it first.`);
  const { evaluation } = layOver(toConfig(run), readOverrides(options));
  const { config, weights } = await loadModelFolder(nodeFiles, checkpoint.folder);
  const { corpus } = await readCorpus(run.data, run.settings);
  const stop = abortOnSignal(() => output.write('Stopping: nothing is written.\n'));
  const device = await createDevice({ adapter: options.adapter });
  const progress = new ProgressLine(output);
  try {
    progress.print(`Adapter: ${describeAdapter(device.caps)}`);
    progress.print(`Model:   ${checkpoint.folder}`);
    const model = createModel(config, device);
    const params = model.upload(weights);
    const report = await evaluateModel({
      ...{ model, params, corpus, settings: run.settings, evaluation, signal: stop.signal },
      onProgress: (what, share) => progress.update({ text: what, done: share, total: 1 }),
    });
    disposeAll(params);
    progress.clear();
    const subtitle = `${checkpoint.folder}; computed on ${describeAdapter(device.caps)}`;
    const files = await writeReport(options.out ?? folder, report, subtitle);
    for (const line of [...evaluationLines(report), ...files]) progress.print(line);
  } finally {
    progress.clear();
    stop.release();
    device.dispose();
  }
}

/** @throws UsageError for an override of what is no part of the evaluation */
function readOverrides({ overrides = [] }: EvalOptions) {
  const layer = mergeLayers(parseOverrides(overrides));
  const others = [...Object.keys(layer.model ?? {}), ...Object.keys(layer.data ?? {})];
  if (
    layer.preset !== undefined ||
    others.length > 0 ||
    Object.keys(layer.training ?? {}).length > 0
  ) {
    throw new UsageError(
      'eval: expected fields of evaluation, such as evaluation.length=4096, got others. The run is what it is.',
    );
  }
  resolveConfig([layer]);
  return layer;
}

async function writeReport(folder: string, report: EvaluationReport, subtitle: string) {
  const [json, page] = [join(folder, 'evaluation.json'), join(folder, 'evaluation.html')];
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(6)) : value;
  try {
    await writeFile(json, `${JSON.stringify(report, rounded)}\n`);
    await writeFile(page, evaluationPage(report, subtitle));
  } catch (error) {
    throw new UsageError(`eval: cannot write into ${folder}: ${describeFileError(error)}.`);
  }
  return [`Numbers              ${json}`, `Page                 ${page}`];
}
