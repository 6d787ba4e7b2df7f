// Runs a model without pruning on one text, and measures what its heads remember and what both pruning rules keep of it.

import { pruningCounts } from '@vulpes/acp-scheduler';
import { forgettingAttentionWithStats, selectBlocks } from '@vulpes/fox-attention';
import {
  getHeadDim,
  getNumKvHeads,
  type Model,
  type ObservedAttention,
  observeAttention,
  type Params,
  type PruningMode,
} from '@vulpes/lm-models';
import { reshape, type Tensor } from '@vulpes/tensor-core';
import { cumulativeLogGate, embedding } from '@vulpes/wgsl-kernels';
import { spreadPositions } from './half-life.ts';
import type { LayerInspection, ModelInspection } from './inspection.ts';
import { type LayerSizes, type LayerTensors, type RuleTensors, readLayer } from './read-layer.ts';

export interface InspectOptions {
  /** Layers to look into; default all. */
  readonly layers?: readonly number[] | undefined;
  /** log ε of both rules. */
  readonly logPruningTolerance: number;
  /** Rows of attention computed in f64, spread over the text; maps have as many rows and columns. */
  readonly rows: number;
  /** Called after the forward (0) and after each layer. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** @param inputIds - one text, [T]. @param model - with forget gates */
export async function inspectModel(
  model: Model,
  params: Params,
  inputIds: ArrayLike<number>,
  options: InspectOptions,
): Promise<ModelInspection> {
  const { config, device } = model;
  const { logPruningTolerance, onProgress } = options;
  const seqLen = inputIds.length;
  const positions = spreadPositions(seqLen, options.rows);
  const run = device.scope(() => recordRun(model, params, { inputIds, positions, options }));
  try {
    const blocks = selectBlocks({ keyLen: seqLen }, device.caps);
    const sizes: LayerSizes = {
      ...{ seqLen, blocks, positions },
      numHeads: config.numHeads,
      numKvHeads: getNumKvHeads(config),
      headDim: getHeadDim(config),
      windowSize: config.windowSize,
    };
    const lossPerToken = ((await run.lossPerToken.data()) as Float32Array).slice(0, seqLen - 1);
    const layers: LayerInspection[] = [];
    for (const tensors of run.layers) {
      onProgress?.(layers.length, run.layers.length);
      layers.push(await readLayer(tensors, sizes));
    }
    onProgress?.(layers.length, run.layers.length);
    const { numHeads } = config;
    return { seqLen, numHeads, logPruningTolerance, blocks, positions, layers, lossPerToken };
  } finally {
    for (const tensor of listTensors(run)) tensor.dispose();
  }
}

interface Run {
  readonly layers: readonly LayerTensors[];
  /** [T], nats; 0 at the last token, which has no label. */
  readonly lossPerToken: Tensor;
}

interface RunInputs {
  readonly inputIds: ArrayLike<number>;
  readonly positions: Int32Array;
  readonly options: InspectOptions;
}

function recordRun(model: Model, params: Params, run: RunInputs): Run {
  const { device } = model;
  const { logPruningTolerance, layers: chosen } = run.options;
  const positions = device.tensor(run.positions, [run.positions.length]);
  const layers: LayerTensors[] = [];
  const lossPerToken = observeAttention(model, params, run.inputIds, (observed) => {
    if (chosen && !chosen.includes(observed.layer)) return;
    layers.push(device.scope(() => recordLayer(observed, positions, logPruningTolerance)));
  });
  return { layers, lossPerToken };
}

function recordLayer(
  observed: ObservedAttention,
  positions: Tensor,
  logPruningTolerance: number,
): LayerTensors {
  const { layer, q, k, logFgate, documentVisibility } = observed;
  const [, seqLen, numHeads, headDim] = q.shape as [number, number, number, number];
  return {
    layer,
    // Views: the layer's own tensors end with its block.
    logFgate: reshape(logFgate, logFgate.shape),
    k: reshape(k, k.shape),
    logLambda: cumulativeLogGate(logFgate, { visibility: documentVisibility }),
    sampledQ: embedding(positions, reshape(q, [seqLen, numHeads * headDim])),
    paper: recordRule(observed, 'paper', logPruningTolerance),
    certified: recordRule(observed, 'certified', logPruningTolerance),
  };
}

/** What a rule keeps; for the certified one attention has to run. */
function recordRule(
  observed: ObservedAttention,
  pruningMode: PruningMode,
  logPruningTolerance: number,
): RuleTensors {
  const { q, k, v, logFgate, visibility } = observed;
  const seqLen = q.shape[1]!;
  const lengths = { queryLen: seqLen, keyLen: seqLen, visibility };
  const pruning = observed.prune(pruningMode, logPruningTolerance);
  if (pruning.ranges) {
    const { startIndex } = pruning.ranges;
    return { startIndex, counts: pruningCounts(pruning.ranges, lengths), rowStats: null };
  }
  const { kept, rowStats } = forgettingAttentionWithStats(q, k, v, logFgate, {
    visibility,
    ...pruning,
  });
  return { startIndex: kept.startIndex, counts: pruningCounts(kept, lengths), rowStats };
}

const listTensors = ({ layers, lossPerToken }: Run): Tensor[] => [
  lossPerToken,
  ...layers.flatMap(({ logFgate, logLambda, sampledQ, k, paper, certified }) => [
    ...[logFgate, logLambda, sampledQ, k],
    ...[paper, certified].flatMap(({ startIndex, counts, rowStats }) =>
      rowStats ? [startIndex, counts, rowStats] : [startIndex, counts],
    ),
  ]),
];
