// What a run says at its end.

import type { FoxConfig } from '@vulpes/lm-models';
import {
  joinPath,
  lossCurveSvg,
  METRICS_FILE,
  type PruningSummary,
  parseMetrics,
  type TrainingOutcome,
} from '@vulpes/training';
import { formatCount, formatInteger, formatPercent } from './format.ts';
import { nodeFiles } from './node-files.ts';
import { describePruning } from './pruning-choice.ts';
import { writeText } from './run-folder.ts';

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

/** Draws the loss curve and names the files. */
export async function folderLines(folder: string, outcome: TrainingOutcome): Promise<string[]> {
  const metricsPath = joinPath(folder, METRICS_FILE);
  const curvePath = joinPath(folder, CURVE_FILE);
  // Stopped before its first evaluation, a run has no metrics yet.
  const isLogged = (await nodeFiles.size(metricsPath)) !== null;
  const metrics = isLogged ? parseMetrics(await nodeFiles.read(metricsPath)) : [];
  await writeText(curvePath, lossCurveSvg(metrics));
  return [
    `Checkpoint  ${outcome.checkpoint.folder}`,
    `Metrics     ${metricsPath}`,
    `Loss curve  ${curvePath}`,
  ];
}

/** The last line of every finished run; scripts read it. */
export const heldOutLine = (loss: number): string =>
  `held-out loss ${loss.toFixed(2)} nats per byte`;

export const resumeHint = (folder: string): string =>
  `Go on with:  npm run trainer -- train --resume ${/[^\w./-]/.test(folder) ? JSON.stringify(folder) : folder}`;
