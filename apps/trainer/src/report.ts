// The lines at the end of a run.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCount, formatInteger, formatPercent } from '@vulpes/cli-kit';
import type { FoxConfig } from '@vulpes/lm-models';
import {
  METRICS_FILE,
  type PruningSummary,
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
  const curve = drawLossCurve(await readMetrics(syncedFiles, folder));
  const curvePath = join(folder, CURVE_FILE);
  if (curve !== null) await writeFile(curvePath, curve);
  return [
    `Checkpoint  ${outcome.checkpoint.folder}`,
    `Metrics     ${join(folder, METRICS_FILE)}`,
    ...(curve === null ? [] : [`Loss curve  ${curvePath}`]),
  ];
}

/** The last line of every finished run; scripts read it. */
export const heldOutLine = (loss: number): string =>
  `held-out loss ${loss.toFixed(2)} nats per byte`;

export const resumeHint = (folder: string): string =>
  `Continue with:  npm run trainer -- train --resume ${/[^\w./-]/.test(folder) ? JSON.stringify(folder) : folder}`;
