// Runs a model densely on one text and finds out what its heads remember, and what either pruning rule would keep of them.

import { ArgumentError, reshape, type Tensor } from '@vulpes/tensor-core';
import { linearCrossEntropy } from '@vulpes/wgsl-kernels';
import { getHeadDim, getNumKvHeads } from '../config/config.ts';
import type { ForwardContext } from '../layers/context.ts';
import { makeVisibility } from '../layers/visibility.ts';
import { forward, headWeight } from '../model/forward.ts';
import type { Model } from '../model/model.ts';
import type { Params } from '../parameters/params.ts';
import { spreadPositions } from './half-life.ts';
import type { LayerInspection, ModelInspection } from './inspection.ts';
import { blocksOf, type ObservedLayer, observeLayer } from './observe-layer.ts';
import { type LayerSizes, readLayer } from './read-layer.ts';

export interface InspectOptions {
  /** Layers to look into; default all. */
  readonly layers?: readonly number[] | undefined;
  /** log ε of both rules; default −10. */
  readonly logPruningTolerance?: number | undefined;
  /** Rows of attention computed in f64, spread over the text; maps have as many rows and columns. Default 96. */
  readonly rows?: number | undefined;
  /** Told after the forward (0) and after each layer. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const MIN_TEXT = 16;

/**
 * @param inputIds - one text, [T], T ≥ 16.
 * @throws ArgumentError for a model without gates, a short text, ids or layers that are not there.
 * @example const { layers } = await inspectModel(model, params, ids, { logPruningTolerance: -10 });
 */
export async function inspectModel(
  model: Model,
  params: Params,
  inputIds: ArrayLike<number>,
  { layers, logPruningTolerance = -10, rows = 96, onProgress }: InspectOptions = {},
): Promise<ModelInspection> {
  const { config, device } = model;
  const chosen = checkArguments(model, inputIds, { layers, logPruningTolerance, rows });
  const seqLen = inputIds.length;
  const positions = spreadPositions(seqLen, rows);
  const run = device.scope(() =>
    runDensely(model, params, { inputIds, positions, chosen, logPruningTolerance }),
  );
  try {
    const blocks = blocksOf(seqLen, run.lossPerToken);
    const sizes: LayerSizes = {
      seqLen,
      numHeads: config.numHeads,
      numKvHeads: getNumKvHeads(config),
      headDim: getHeadDim(config),
      blocks,
      positions,
      windowSize: config.windowSize,
    };
    const lossPerToken = ((await run.lossPerToken.data()) as Float32Array).slice(0, seqLen - 1);
    const found: LayerInspection[] = [];
    for (const observed of run.layers) {
      onProgress?.(found.length, run.layers.length);
      found.push(await readLayer(observed, sizes));
    }
    onProgress?.(found.length, run.layers.length);
    const { numHeads } = config;
    return {
      seqLen,
      numHeads,
      logPruningTolerance,
      blocks,
      positions,
      layers: found,
      lossPerToken,
    };
  } finally {
    for (const tensor of tensorsOf(run)) tensor.dispose();
  }
}

interface DenseRun {
  readonly layers: readonly ObservedLayer[];
  /** [T], nats; 0 at the last token, which has no label. */
  readonly lossPerToken: Tensor;
}

function runDensely(
  { config: own, device }: Model,
  params: Params,
  options: {
    readonly inputIds: ArrayLike<number>;
    readonly positions: Int32Array;
    readonly chosen: ReadonlySet<number>;
    readonly logPruningTolerance: number;
  },
): DenseRun {
  const { inputIds, chosen, logPruningTolerance } = options;
  const length = inputIds.length;
  const config = { ...own, logPruningTolerance: null };
  const positions = device.tensor(options.positions, [options.positions.length]);
  const layers: ObservedLayer[] = [];
  let layer = 0;
  const context: ForwardContext = {
    config,
    ...makeVisibility(device, { batch: 1, length }, {}, config),
    countPruning: false,
    onAttention({ q, k, v, logFgate }, param) {
      const observation = { layer, context, logPruningTolerance, positions };
      if (logFgate && chosen.has(layer)) {
        layers.push(observeLayer({ q, k, v, logFgate }, param, observation));
      }
      layer++;
    },
  };
  const ids = Int32Array.from(inputIds);
  const { hidden } = forward(params, device.tensor(ids, [1, length]), context);
  const labels = device.tensor(
    ids.map((_, t) => ids[t + 1] ?? -100),
    [length],
  );
  const rows = reshape(hidden, [length, config.hiddenSize]);
  const { lossPerToken } = linearCrossEntropy(rows, headWeight(params, context), labels);
  return { layers, lossPerToken };
}

const tensorsOf = ({ layers, lossPerToken }: DenseRun): Tensor[] => [
  lossPerToken,
  ...layers.flatMap(({ logFgate, logLambda, sampledQ, k, paper, certified }) => [
    ...[logFgate, logLambda, sampledQ, k, paper.startIndex, paper.counts],
    ...[certified.startIndex, certified.counts],
    ...[paper.rowStats, certified.rowStats].filter((tensor) => tensor !== null),
  ]),
];

function checkArguments(
  { config }: Model,
  inputIds: ArrayLike<number>,
  {
    layers,
    logPruningTolerance,
    rows,
  }: { layers: readonly number[] | undefined; logPruningTolerance: number; rows: number },
): ReadonlySet<number> {
  const fail = (expected: string, got: unknown, remedy: string): never => {
    throw new ArgumentError(`inspectModel: expected ${expected}, got ${got}. ${remedy}`);
  };
  const { fgateType, numHiddenLayers, vocabSize } = config;
  if (fgateType === 'none') {
    fail('a model with forget gates', 'one without (fgate_type "none")', 'It forgets nothing.');
  }
  if (inputIds.length < MIN_TEXT) {
    fail(`at least ${MIN_TEXT} tokens`, inputIds.length, 'Give a longer text.');
  }
  const wrong = Array.from(inputIds).find(
    (id) => !(Number.isInteger(id) && id >= 0 && id < vocabSize),
  );
  if (wrong !== undefined)
    fail(`token ids 0…${vocabSize - 1}`, wrong, 'Is the text in tokens of this model?');
  if (!(logPruningTolerance < 0 && Number.isFinite(logPruningTolerance))) {
    fail(
      'logPruningTolerance finite and below 0',
      logPruningTolerance,
      'It is log ε; −10 is usual.',
    );
  }
  if (!(Number.isInteger(rows) && rows >= 2))
    fail('rows of at least 2', rows, '96 make a clear map.');
  const all = Array.from({ length: numHiddenLayers }, (_, layer) => layer);
  const missing = layers?.find((layer) => !all.includes(layer));
  if (missing !== undefined || layers?.length === 0) {
    fail(`layers among 0…${numHiddenLayers - 1}`, missing ?? 'none', 'Leave them out for all.');
  }
  return new Set(layers ?? all);
}
