// Measured peaks, and what share of them a piece of work reached. Pure.

import type { Summary } from '../clocks/statistics.ts';

/** What this adapter reached, in this run, on work that has one bound only. A peak is the fastest of its runs. */
export interface Peaks {
  /** Multiply-adds in registers. */
  readonly compute: {
    readonly flops: number;
    readonly ms: Summary;
    /** The launch that was fastest of those tried; reports before it was chosen have none. */
    readonly launch?: MultiplyAddLaunch;
  };
  /** A copy from memory to memory, larger than any cache. */
  readonly memory: { readonly bytes: number; readonly ms: Summary };
}

export interface MultiplyAddLaunch {
  readonly threads: number;
  /** Independent chains of four lanes in a thread. */
  readonly chains: number;
}

export interface Shares {
  /** FLOP/s of the work / those of the peak; above 1 where the peak is too low. */
  readonly ofPeak: number;
  /** Bytes/s of the work / those of the peak; above 1 where caches serve the work. */
  readonly ofBandwidth: number;
  /** The larger of the two: what a faster version would have to raise. */
  readonly bound: 'compute' | 'memory';
}

/** TFLOP/s */
export const peakTflops = ({ compute }: Pick<Peaks, 'compute'>): number =>
  compute.flops / compute.ms.min / 1e9;

export const peakGbPerSecond = ({ memory }: Peaks): number => memory.bytes / memory.ms.min / 1e6;

/** Shares of work that took `ms`. */
export function sharesOf(
  { flops, bytes }: { readonly flops: number; readonly bytes: number },
  ms: number,
  peaks: Peaks,
): Shares {
  const ofPeak = flops / ms / 1e9 / peakTflops(peaks);
  const ofBandwidth = bytes / ms / 1e6 / peakGbPerSecond(peaks);
  return { ofPeak, ofBandwidth, bound: ofPeak >= ofBandwidth ? 'compute' : 'memory' };
}
