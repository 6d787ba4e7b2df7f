// The cumulative log gate and its transpose in f64: the specification of the kernels.

import type { ScanDims } from './cumulative-log-gate.kernel.ts';

type Numbers = ArrayLike<number>;

const SMALLEST_GATE = -1000;

export interface GateContext {
  /** [B, N, 2], see tokenVisibility; a gate whose token sees nothing before itself counts as 0. */
  readonly visibility?: Numbers | undefined;
  /** [B, H], nats: the sum before the first gate. */
  readonly initial?: Numbers | undefined;
  /** Where the first gate stands in the visibility. */
  readonly offset?: number | undefined;
}

/** [B, T, H] -> [B, H, T], nats; gates below −1000 count as −1000. */
export function referenceCumulativeLogGate(
  { batch, seqLen, numHeads }: ScanDims,
  logFgate: Numbers,
  { visibility, initial, offset = 0 }: GateContext = {},
): Float64Array {
  const logLambda = new Float64Array(batch * numHeads * seqLen);
  const visibilityLen = (visibility?.length ?? 0) / (2 * batch);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      let sum = initial?.[b * numHeads + h] ?? 0;
      for (let t = 0; t < seqLen; t++) {
        const gate = logFgate[(b * seqLen + t) * numHeads + h]!;
        const first =
          visibility?.[(b * visibilityLen + offset + t) * 2] ?? Number.NEGATIVE_INFINITY;
        if (first < offset + t) sum += Math.max(gate, SMALLEST_GATE);
        logLambda[(b * numHeads + h) * seqLen + t] = sum;
      }
    }
  }
  return logLambda;
}

/**
 * [B, H, T] -> [B, T, H], y[t] = Σ_{u ≥ t} x[u]
 * @param attention - whose gates these are: 0 where the first query that gate t could act on sees no key before t
 */
export function referenceReverseCumsum(
  { batch, seqLen, numHeads }: ScanDims,
  x: Numbers,
  attention?: { readonly queryLen: number; readonly visibility?: Numbers | undefined },
): Float64Array {
  const acts = (b: number, t: number): boolean => {
    if (!attention) return true;
    const query = Math.max(t, seqLen - attention.queryLen);
    return t > (attention.visibility?.[(b * seqLen + query) * 2] ?? 0);
  };
  const y = new Float64Array(batch * seqLen * numHeads);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      let sum = 0;
      for (let t = seqLen - 1; t >= 0; t--) {
        sum += x[(b * numHeads + h) * seqLen + t]!;
        y[(b * seqLen + t) * numHeads + h] = acts(b, t) ? sum : 0;
      }
    }
  }
  return y;
}

/** The value of each two-part number, in f64. @param logLambda - i32 [..., 2] @returns [...] */
export function logLambdaValues(logLambda: Int32Array): Float64Array {
  const remainders = new Float32Array(logLambda.buffer, logLambda.byteOffset, logLambda.length);
  return Float64Array.from(
    { length: logLambda.length / 2 },
    (_, i) => logLambda[2 * i]! / 16 + remainders[2 * i + 1]!,
  );
}
