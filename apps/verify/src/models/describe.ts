// A model case in a few words, for the report.

import { type CacheUsage, type FoxConfig, getHeadDim, getNumKvHeads } from '@vulpes/lm-models';

export function describeConfig(config: FoxConfig): string {
  const { numHiddenLayers, hiddenSize, numHeads, vocabSize, fgateType, windowSize } = config;
  const keyHeads = getNumKvHeads(config);
  return [
    `${numHiddenLayers} layers`,
    `${hiddenSize} = ${numHeads} × ${getHeadDim(config)}`,
    ...(keyHeads === numHeads ? [] : [`${keyHeads} key heads`]),
    `vocabulary ${vocabSize}`,
    `gate ${fgateType}`,
    ...(windowSize === null ? [] : [`window ${windowSize}`]),
  ].join(', ');
}

/**
 * @param prefix - of the checks under the same rule
 * @param counts - per layer, [B, H, 2]: kept attention blocks, and those that hold a visible pair
 */
export function describeKept(prefix: string, counts: readonly ArrayLike<number>[]): string {
  let [kept, visible] = [0, 0];
  for (const layer of counts) {
    for (let i = 0; i < layer.length; i += 2) {
      kept += layer[i] as number;
      visible += layer[i + 1] as number;
    }
  }
  return `${prefix}keeps ${kept} of ${visible} blocks`;
}

/** What the cache of a generation held at its end. */
export function describeCache({ keptBytes, fullBytes, length }: CacheUsage): string {
  const share = Math.round((100 * keptBytes) / fullBytes);
  const kibibytes = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`;
  return `cache keeps ${kibibytes(keptBytes)} of ${kibibytes(fullBytes)} (${share} %) after ${length} tokens`;
}
