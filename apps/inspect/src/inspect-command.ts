// The command: find the model, choose the text, run, draw, write.

import { writeFile } from 'node:fs/promises';
import { htmlPage } from '@vulpes/charts';
import {
  createModel,
  inspectModel,
  loadModelFolder,
  type ModelFolder,
  type ModelInspection,
} from '@vulpes/lm-models';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { byteTokenizer, joinPath } from '@vulpes/training';
import { type ChosenText, chooseText } from './choose-text.ts';
import { findModel } from './find-model.ts';
import { assertWritable, fileSystem, reasonOf } from './node-files.ts';
import type { InspectCommandOptions } from './options.ts';
import { type Output, Progress } from './progress.ts';
import { describeAdapter, describeModel } from './report/describe.ts';
import { reportSections } from './report/page.ts';
import { summaryTable } from './report/summary-table.ts';
import { UsageError } from './usage-error.ts';

const MIN_TEXT = 64;
/** Maps of more heads than this are drawn coarser, so that the page stays small. */
const MANY_HEADS = 64;

/** @returns path of the page. @throws UsageError FoxError */
export async function inspect(
  path: string,
  options: InspectCommandOptions,
  output: Output,
): Promise<string> {
  const source = await prepare(path, options);
  const { config, text, out } = source;
  const device = await createDevice(options.adapter ? { adapter: options.adapter } : {});
  try {
    output.write(`Model    ${describeModel(config)}, from ${source.folder}\n`);
    output.write(`Text     ${count(text.tokens.length)} bytes of ${text.origin}\n`);
    if (config.vocabSize > byteTokenizer.vocabSize) {
      output.write(`Note     the model has ${count(config.vocabSize)} tokens; it is given bytes\n`);
    }
    output.write(`Adapter  ${describeAdapter(device.caps)}\n`);
    const progress = new Progress(output);
    const model = createModel(config, device);
    const layers = options.layers?.length ?? config.numHiddenLayers;
    const inspection = await inspectModel(model, model.upload(source.weights), text.tokens, {
      layers: options.layers,
      logPruningTolerance: options.tolerance,
      rows: layers * config.numHeads > MANY_HEADS ? 64 : 96,
      onProgress: (done, total) => progress.tell(done, total),
    });
    progress.end();
    await orExplain(out, () => writeFile(out, pageOf(inspection, source, device)));
    output.write(`\n${summaryTable(inspection)}\n\nReport   ${out}\n`);
    return out;
  } finally {
    device.dispose();
  }
}

interface Source extends Pick<ModelFolder, 'config' | 'weights'> {
  readonly folder: string;
  readonly text: ChosenText;
  readonly out: string;
}

/** All that can go wrong before the work begins. */
async function prepare(path: string, options: InspectCommandOptions): Promise<Source> {
  const { folder, run } = await findModel(path);
  const { config, weights } = await loadModelFolder(fileSystem, folder);
  const { fgateType, vocabSize, numHiddenLayers } = config;
  if (fgateType === 'none') {
    throw new UsageError(
      `inspect: ${folder} holds a model without forget gates (fgate_type "none"); there is no decay to draw.`,
    );
  }
  if (vocabSize < byteTokenizer.vocabSize) {
    throw new UsageError(
      `inspect: ${folder} holds a model with ${vocabSize} tokens; expected one on bytes, with at least 256.`,
    );
  }
  const missing = options.layers?.find((layer) => layer >= numHiddenLayers);
  if (missing !== undefined) {
    throw new UsageError(
      `--layers: expected layers from 0 to ${numHiddenLayers - 1}, got ${missing}.`,
    );
  }
  if (options.tokens !== undefined && options.tokens < MIN_TEXT) {
    throw new UsageError(`--tokens: expected at least ${MIN_TEXT}, got ${options.tokens}.`);
  }
  const text = await chooseText(run, options);
  if (text.tokens.length < MIN_TEXT) {
    throw new UsageError(
      `inspect: expected a text of at least ${MIN_TEXT} bytes, got ${text.tokens.length} in ${text.origin}.`,
    );
  }
  const out = options.out ?? joinPath(path, 'inspect.html');
  await orExplain(out, () => assertWritable(out));
  return { folder, config, weights, text, out };
}

function pageOf(
  inspection: ModelInspection,
  { folder, config, text }: Source,
  { caps }: Device,
): string {
  return htmlPage({
    title: 'What the heads of a model remember',
    subtitle: `${describeModel(config)}, from ${folder}, reading ${count(text.tokens.length)} bytes of ${text.origin}; computed on ${describeAdapter(caps)}`,
    sections: reportSections(inspection, text.tokens),
  });
}

const count = (value: number): string => value.toLocaleString('en-US');

async function orExplain(out: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new UsageError(`--out: cannot write ${out}: ${reasonOf(error)}.`);
  }
}
