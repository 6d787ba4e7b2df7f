// Runs a model without pruning on one text, and measures what its heads remember and what both pruning rules keep of it.

import { selectBlocks } from '@vulpes/fox-attention';
import {
  getHeadDim,
  getNumKvHeads,
  type Model,
  observeAttention,
  type Params,
} from '@vulpes/lm-models';
import { disposeAll } from '@vulpes/tensor-core';
import { spreadPositions } from './half-life.ts';
import type { LayerInspection, ModelInspection } from './inspection.ts';
import { type LayerSizes, readLayer } from './read-layer.ts';
import { type LayerTensors, recordLayer } from './record-layer.ts';

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
  const { numHeads, windowSize } = config;
  const seqLen = inputIds.length;
  const positions = spreadPositions(seqLen, options.rows);
  const blocks = selectBlocks({ keyLen: seqLen }, device.caps);
  const sizes: LayerSizes = {
    ...{ seqLen, blocks, positions, numHeads, windowSize },
    ...{ numKvHeads: getNumKvHeads(config), headDim: getHeadDim(config) },
  };
  const run = device.scope(() => recordRun(model, params, inputIds, { positions, options }));
  try {
    const lossPerToken = ((await run.lossPerToken.data()) as Float32Array).slice(0, seqLen - 1);
    const layers: LayerInspection[] = [];
    for (const tensors of run.layers) {
      onProgress?.(layers.length, run.layers.length);
      layers.push(await readLayer(tensors, sizes));
    }
    onProgress?.(layers.length, run.layers.length);
    return { seqLen, numHeads, logPruningTolerance, blocks, positions, layers, lossPerToken };
  } finally {
    disposeAll(run);
  }
}

/** The chosen layers, and the loss per token [T] in nats; 0 at the last token, which has no label. */
function recordRun(
  model: Model,
  params: Params,
  inputIds: ArrayLike<number>,
  run: { positions: Int32Array; options: InspectOptions },
) {
  const { device } = model;
  const { logPruningTolerance, layers: chosen } = run.options;
  const positions = device.tensor(run.positions, [run.positions.length]);
  const layers: LayerTensors[] = [];
  const lossPerToken = observeAttention(model, params, inputIds, (observed) => {
    if (chosen && !chosen.includes(observed.layer)) return;
    layers.push(device.scope(() => recordLayer(observed, positions, logPruningTolerance)));
  });
  return { layers, lossPerToken };
}
