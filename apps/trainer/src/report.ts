// The lines at the end of a run.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain, formatCount, formatInteger, formatPercent, toPlainText } from '@vulpes/cli-kit';
import type { Tokenizer } from '@vulpes/data';
import type { FoxConfig } from '@vulpes/lm-models';
import {
  type CheckpointLocation,
  listCheckpoints,
  METRICS_FILE,
  type PruningSummary,
  RUN_FILE,
  readCheckpoint,
  readMetrics,
  type TrainingOutcome,
} from '@vulpes/training';
import { drawLossCurve } from './loss-curve.ts';
import { describePruning } from './pruning-choice.ts';
import { syncedFiles } from './synced-files.ts';

const CURVE_FILE = 'loss-curve.svg';

/** Shares in all, per layer and per head, and the counts. @param options - flopsPerBlock: of one block's forward matmuls */
export function pruningLines(
  pruning: PruningSummary | null,
  { model, flopsPerBlock }: { model: FoxConfig; flopsPerBlock: number },
): string[] {
  if (!pruning) return ['Attention blocks pruned: none (dense attention)'];
  const layers = pruning.perHead.map((heads, layer) => {
    const share = formatPercent(pruning.perLayer[layer] as number).padStart(4);
    return `  layer ${layer}: ${share}  heads ${heads.map(formatPercent).join(' ')}`;
  });
  const { keptBlocks, causalBlocks } = pruning;
  const skipped = causalBlocks - keptBlocks;
  return [
    `Attention blocks pruned: ${formatPercent(pruning.share)} of the causal blocks on held-out text, ${describePruning(model)}`,
    `  ${formatInteger(skipped)} of ${formatInteger(causalBlocks)} blocks skipped, ${formatCount(skipped * flopsPerBlock)}FLOP saved in the forward pass`,
    ...layers,
  ];
}

/** Draws the loss curve, where there is a loss, and names the files. */
export async function writeCurve(folder: string, outcome: TrainingOutcome): Promise<string[]> {
  return [
    `Checkpoint  ${outcome.checkpoint.folder}`,
    `Metrics     ${join(folder, METRICS_FILE)}`,
    ...(await tryCurve(folder)),
  ];
}

/** The run is saved: a picture that can't be made is worth a line, not an error. */
async function tryCurve(folder: string): Promise<string[]> {
  const path = join(folder, CURVE_FILE);
  try {
    const { metrics, badLines } = await readMetrics(syncedFiles, folder);
    const curve = drawLossCurve(metrics);
    if (curve !== null) await explain('write', path, writeFile(path, curve));
    return [
      ...(curve === null ? [] : [`Loss curve  ${path}`]),
      ...(badLines.length === 0 ? [] : [noteBadLines(badLines)]),
    ];
  } catch (error) {
    return [`Loss curve  not drawn: ${toPlainText((error as Error).message)}`];
  }
}

const MAX_NAMED = 8;

function noteBadLines(lines: readonly number[]): string {
  const named = lines.slice(0, MAX_NAMED).join(', ');
  const more = lines.length > MAX_NAMED ? ', …' : '';
  return `            ${METRICS_FILE} has ${lines.length} damaged ${lines.length === 1 ? 'line' : 'lines'} (${named}${more}), left out of the curve`;
}

/** The last line of every finished run; scripts read it. */
export const heldOutLine = (loss: number, tokenizer: Tokenizer): string =>
  `held-out loss ${loss.toFixed(2)} nats per ${tokenizer.name === 'bytes' ? 'byte' : 'token'}`;

/** For the end of a run that failed: what is saved, and the line to go on with. */
export async function failureHints(folder: string): Promise<string[]> {
  const last = await findLastGood(folder);
  if (last) return [describeLastGood(last), resumeHint(last.isNewest ? folder : last.folder)];
  const hasBegun = (await syncedFiles.size(join(folder, RUN_FILE)).catch(() => null)) !== null;
  return hasBegun ? ['The run has no checkpoint yet.', resumeHint(folder)] : [];
}

export interface GoodCheckpoint extends CheckpointLocation {
  readonly isNewest: boolean;
}

/** The newest checkpoint of a run whose files are as they were saved. */
export async function findLastGood(run: string): Promise<GoodCheckpoint | null> {
  const all = await listCheckpoints(syncedFiles, run).catch(() => []);
  for (const one of all.toReversed()) {
    if (await isWhole(one.folder)) return { ...one, isNewest: one === all.at(-1) };
  }
  return null;
}

export const describeLastGood = ({ step, folder }: CheckpointLocation): string =>
  `Last good checkpoint: step ${step}, ${folder}`;

const isWhole = (checkpoint: string): Promise<boolean> =>
  readCheckpoint(syncedFiles, checkpoint).then(
    () => true,
    () => false,
  );

export const resumeHint = (folder: string): string =>
  `Continue with:  npm run trainer -- train --resume ${/[^\w./-]/.test(folder) ? JSON.stringify(folder) : folder}`;
