// The command: find the model, choose the text, run, draw, write.

import { writeFile } from 'node:fs/promises';
import { htmlPage } from '@vulpes/charts';
import {
  createModel,
  inspectModel,
  loadModelFolder,
  type ModelInspection,
} from '@vulpes/lm-models';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { joinPath } from '@vulpes/training';
import { type ChosenText, chooseText } from './choose-text.ts';
import { findModel } from './find-model.ts';
import { fileSystem, reasonOf } from './node-files.ts';
import type { InspectCommandOptions } from './options.ts';
import { type Output, Progress } from './progress.ts';
import { describeAdapter, describeModel } from './report/describe.ts';
import { reportSections } from './report/page.ts';
import { summaryTable } from './report/summary-table.ts';
import { UsageError } from './usage-error.ts';

const SHORTEST_TEXT = 64;
/** Maps of more heads than this are drawn coarser, so that the page stays small. */
const MANY_HEADS = 64;

/** @returns path of the page. @throws UsageError FoxError */
export async function inspect(
  path: string,
  options: InspectCommandOptions,
  output: Output,
): Promise<string> {
  const { folder, run } = await findModel(path);
  const { config, weights } = await loadModelFolder(fileSystem, folder);
  if (config.fgateType === 'none') {
    throw new UsageError(
      `inspect: ${folder} holds a model without forget gates (fgate_type "none"); there is no decay to draw.`,
    );
  }
  if (config.vocabSize < 256) {
    throw new UsageError(
      `inspect: ${folder} holds a model with ${config.vocabSize} tokens; expected one on bytes, with at least 256.`,
    );
  }
  const text = await chooseText(run, options);
  if (text.tokens.length < SHORTEST_TEXT) {
    throw new UsageError(
      `inspect: expected a text of at least ${SHORTEST_TEXT} bytes, got ${text.tokens.length} in ${text.origin}.`,
    );
  }
  checkLayers(options.layers, config.numHiddenLayers);
  const device = await createDevice(options.adapter ? { adapter: options.adapter } : {});
  try {
    const model = createModel(config, device);
    output.write(`Model    ${describeModel(config)}, from ${folder}\n`);
    output.write(
      `Text     ${text.tokens.length.toLocaleString('en-US')} bytes of ${text.origin}\n`,
    );
    output.write(`Adapter  ${describeAdapter(device.caps)}\n`);
    const progress = new Progress(output);
    const inspection = await inspectModel(model, model.upload(weights), text.tokens, {
      layers: options.layers,
      logPruningTolerance: options.tolerance,
      rows:
        (options.layers?.length ?? config.numHiddenLayers) * config.numHeads > MANY_HEADS ? 64 : 96,
      onProgress: (done, total) => progress.tell(done, total),
    });
    progress.end();
    const out = options.out ?? joinPath(path, 'inspect.html');
    await writePage(
      out,
      pageOf(inspection, text, { folder, model: describeModel(config), device }),
    );
    output.write(`\n${summaryTable(inspection)}\n\nReport   ${out}\n`);
    return out;
  } finally {
    device.dispose();
  }
}

function pageOf(
  inspection: ModelInspection,
  text: ChosenText,
  { folder, model, device }: { folder: string; model: string; device: Device },
): string {
  return htmlPage({
    title: 'What the heads of a model remember',
    subtitle: `${model}, from ${folder}, reading ${inspection.seqLen.toLocaleString('en-US')} bytes of ${text.origin}; computed on ${describeAdapter(device.caps)}`,
    sections: reportSections(inspection, text.tokens),
  });
}

function checkLayers(layers: readonly number[] | undefined, count: number): void {
  const missing = layers?.find((layer) => layer >= count);
  if (missing === undefined) return;
  throw new UsageError(`--layers: expected layers from 0 to ${count - 1}, got ${missing}.`);
}

async function writePage(path: string, page: string): Promise<void> {
  try {
    await writeFile(path, page);
  } catch (error) {
    throw new UsageError(`--out: cannot write ${path}: ${reasonOf(error)}.`);
  }
}
