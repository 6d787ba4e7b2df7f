// Measured peaks, and what share of them a piece of work reached. Pure.

import type { Summary } from '../statistics.ts';

/** What this adapter reached, in this run, on work that has one bound only. */
export interface Peaks {
  /** Multiply-adds in registers. */
  readonly compute: { readonly flops: number; readonly ms: Summary };
  /** A copy from memory to memory, larger than any cache. */
  readonly memory: { readonly bytes: number; readonly ms: Summary };
}

export interface Shares {
  /** FLOP/s of the work / those of the peak. */
  readonly ofPeak: number;
  /** Bytes/s of the work / those of the peak; above 1 where caches serve the work. */
  readonly ofBandwidth: number;
  /** The larger of the two: what a faster version would have to raise. */
  readonly bound: 'compute' | 'memory';
}

/** TFLOP/s */
export const peakTflops = ({ compute }: Peaks): number => compute.flops / compute.ms.median / 1e9;

export const peakGbPerSecond = ({ memory }: Peaks): number => memory.bytes / memory.ms.median / 1e6;

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
