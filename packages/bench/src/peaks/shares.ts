// Measured peaks, and what share of them a piece of work reached. Pure.

import type { Peaks, Shares } from '../schema.ts';

/** TFLOP/s */
export const peakTflops = ({ compute }: Pick<Peaks, 'compute'>): number =>
  compute.flops / compute.ms.min / 1e9;

export const peakGbPerSecond = ({ memory }: Peaks): number => memory.bytes / memory.ms.min / 1e6;

/** Shares of work that took `ms`. */
export function computeShares(
  { flops, bytes }: { readonly flops: number; readonly bytes: number },
  ms: number,
  peaks: Peaks,
): Shares {
  const ofPeak = flops / ms / 1e9 / peakTflops(peaks);
  const ofBandwidth = bytes / ms / 1e6 / peakGbPerSecond(peaks);
  return { ofPeak, ofBandwidth, bound: ofPeak >= ofBandwidth ? 'compute' : 'memory' };
}
