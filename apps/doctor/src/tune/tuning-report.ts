// From measured candidates to a table, and to text. Pure.

import { formatInteger } from '@vulpes/cli-kit';
import { adapterKey, type DeviceCaps, type TuningTable } from '@vulpes/tensor-core';
import { matmulFingerprint } from '@vulpes/wgsl-kernels';
import { type MeasuredCandidate, type MeasuredProduct, toRow } from './measure.ts';

/** What a candidate has to gain: less is noise, and would change bits for nothing. */
const LEAST_GAIN = 0.02;

type Timed = MeasuredCandidate & { readonly microseconds: number };

const isTimed = (candidate: MeasuredCandidate): candidate is Timed =>
  candidate.microseconds !== null;

/** The fastest of those that are right; the model's own choice where it is about as fast. Null where none is right. */
export function chooseBest({ candidates }: MeasuredProduct): Timed | null {
  const timed = candidates.filter(isTimed).sort((a, b) => a.microseconds - b.microseconds);
  const [fastest] = timed;
  const own = candidates[0];
  if (!fastest || !own || !isTimed(own)) return fastest ?? null;
  return fastest.microseconds < own.microseconds * (1 - LEAST_GAIN) ? fastest : own;
}

export function makeTable(caps: DeviceCaps, measured: readonly MeasuredProduct[]): TuningTable {
  const matmul = measured.flatMap((one) => {
    const best = chooseBest(one);
    const microseconds = best && Math.round(best.microseconds * 10) / 10;
    return best ? [toRow(one.product, best, microseconds as number)] : [];
  });
  return { adapter: adapterKey(caps), kernels: matmulFingerprint(), matmul };
}

/** A line of the printed table. */
export function productLine(measured: MeasuredProduct): string {
  const { product, candidates } = measured;
  const { m, n, k, transposeA, transposeB, dtypeA } = product;
  const form = `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'} ${dtypeA}`;
  const sizes = [m, n, k].map(formatInteger).join(' × ');
  const best = chooseBest(measured);
  const own = candidates[0];
  const choice =
    best === null || own === undefined
      ? 'no candidate is right'
      : best === own
        ? `${describe(best, measured)}, as without a table`
        : `${describe(best, measured)} instead of ${describe(own, measured)}`;
  const wrong = candidates.filter(({ isRight }) => !isRight);
  const words = wrong.map(
    (one) => `${one.tile}/${one.splits} is WRONG, off by ${one.error.toExponential(1)}`,
  );
  return [`${form}  ${sizes}: ${choice}`, ...words].join('; ');
}

/** `large, 7 parts, 98.2 µs, 197 TFLOP/s` */
function describe(candidate: MeasuredCandidate, { product: { m, n, k } }: MeasuredProduct): string {
  const { tile, splits, microseconds } = candidate;
  const parts = splits === 1 ? '' : `, ${splits} parts`;
  if (microseconds === null) return `${tile}${parts}`;
  const teraflops = (2 * m * n * k) / microseconds / 1e6;
  return `${tile}${parts}, ${microseconds.toFixed(1)} µs, ${teraflops.toPrecision(3)} TFLOP/s`;
}
