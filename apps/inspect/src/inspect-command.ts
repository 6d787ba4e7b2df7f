// The command: find the model, choose the text, run, draw, write.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { htmlPage } from '@vulpes/charts';
import {
  describeAdapter,
  describeFileError,
  formatInteger,
  nodeFiles,
  type Output,
  ProgressLine,
  parseWritablePath,
  UsageError,
} from '@vulpes/cli-kit';
import type { Tokenizer } from '@vulpes/data';
import { openModelTokenizer } from '@vulpes/data/node';
import { createModel, type FoxConfig, type ModelFolder } from '@vulpes/lm-models';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { loadCheckedModel } from '@vulpes/training';
import { type ChosenText, chooseText } from './choose-text.ts';
import { findModel } from './find-model.ts';
import { inspectModel } from './inspection/inspect-model.ts';
import type { ModelInspection } from './inspection/inspection.ts';
import type { InspectCommandOptions } from './options.ts';
import { reportSections } from './report/page.ts';
import { summaryTable } from './report/summary-table.ts';

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
  const { config, out } = source;
  using device = await createDevice({ adapter: options.adapter });
  output.write(`Model    ${describeModel(config)}, from ${source.folder}\n`);
  output.write(`Text     ${describeText(source)}\n`);
  output.write(`Adapter  ${describeAdapter(device.caps)}\n`);
  const inspection = await runInspection(source, options, { device, output });
  await writeFile(out, createPage(inspection, source, device)).catch((error: unknown) => {
    throw new UsageError(`--out: cannot write ${out}: ${describeFileError(error)}.`);
  });
  output.write(`\n${summaryTable(inspection)}\n\nReport   ${out}\n`);
  return out;
}

async function runInspection(
  { config, weights, text }: Source,
  { layers, tolerance }: InspectCommandOptions,
  { device, output }: { device: Device; output: Output },
): Promise<ModelInspection> {
  const progress = new ProgressLine(output);
  const total = layers?.length ?? config.numHiddenLayers;
  progress.update({ text: 'running the model', done: 0, total });
  try {
    const model = createModel(config, device);
    return await inspectModel(model, model.upload(weights), text.tokens, {
      layers,
      logPruningTolerance: tolerance,
      rows: total * config.numHeads > MANY_HEADS ? 64 : 96,
      onProgress: (done) => {
        const layer = `layer ${done + 1} of ${total}: rows of attention in f64`;
        if (done < total) progress.update({ text: layer, done, total });
      },
    });
  } finally {
    progress.clear();
  }
}

interface Source extends Pick<ModelFolder, 'config' | 'weights'> {
  readonly folder: string;
  readonly tokenizer: Tokenizer;
  readonly text: ChosenText;
  readonly out: string;
}

/** All that can go wrong before the work begins. */
async function prepare(path: string, options: InspectCommandOptions): Promise<Source> {
  const { folder, run } = await findModel(path);
  const { config, weights } = await loadCheckedModel(nodeFiles, folder);
  const { fgateType, vocabSize, numHiddenLayers } = config;
  if (fgateType === 'none') {
    throw new UsageError(
      `inspect: ${folder} holds a model without forget gates (fgate_type "none"); there is no decay to draw.`,
    );
  }
  const tokenizer = await openModelTokenizer(folder, vocabSize);
  const missing = options.layers?.find((layer) => layer >= numHiddenLayers);
  if (missing !== undefined) {
    throw new UsageError(
      `--layers: expected layers from 0 to ${numHiddenLayers - 1}, got ${missing}.`,
    );
  }
  if (options.tokens !== undefined && options.tokens < MIN_TEXT) {
    throw new UsageError(`--tokens: expected at least ${MIN_TEXT}, got ${options.tokens}.`);
  }
  const text = await chooseText(run, { tokenizer, folder }, options);
  if (text.tokens.length < MIN_TEXT) {
    throw new UsageError(
      `inspect: expected a text of at least ${MIN_TEXT} tokens, got ${text.tokens.length} in ${text.origin}.`,
    );
  }
  return { folder, config, weights, tokenizer, text, out: chooseOut(path, options) };
}

function chooseOut(path: string, { out }: InspectCommandOptions): string {
  if (out !== undefined) return out;
  try {
    return parseWritablePath(join(path, 'inspect.html'));
  } catch (error) {
    throw new UsageError(`inspect: ${(error as Error).message} Name another file with --out.`);
  }
}

const createPage = (
  inspection: ModelInspection,
  { folder, config, tokenizer, text }: Source,
  { caps }: Device,
): string =>
  htmlPage({
    title: 'What the heads of a model remember',
    subtitle: `${describeModel(config)}, from ${folder}, reading ${describeText({ tokenizer, text })}; computed on ${describeAdapter(caps)}`,
    sections: reportSections(inspection, text.tokens, tokenizer),
  });

/** `1,024 bytes of a.txt` */
const describeText = ({ tokenizer, text }: Pick<Source, 'tokenizer' | 'text'>): string =>
  `${formatInteger(text.tokens.length)} ${tokenizer.name === 'bytes' ? 'bytes' : 'tokens'} of ${text.origin}`;

/** `FoX (Pro), 2 layers of 64, 4 heads of 16` */
function describeModel(config: FoxConfig): string {
  const { numHiddenLayers, hiddenSize, numHeads, numKvHeads, qkNorm, useOutputGate } = config;
  const name = qkNorm && useOutputGate ? 'FoX (Pro)' : 'FoX';
  const groups = numKvHeads !== null && numKvHeads !== numHeads ? ` in ${numKvHeads} groups` : '';
  return `${name}, ${numHiddenLayers} layers of ${hiddenSize}, ${numHeads} heads of ${hiddenSize / numHeads}${groups}`;
}
