// Test inputs: gate sequences that are hard on the boundary search, and their cumulative sums as two-part numbers.

import { CounterRng } from '@vulpes/tensor-core';

/** Log gates (≤ 0) of one head, by kind. */
export const GATE_KINDS = {
  /** Logits around 3: decay over some tens of tokens. */
  mixed: (rng: CounterRng) => logSigmoid(3 + 2 * rng.normal()),
  /** f = 1 but for rounding: nothing can be pruned. */
  open: (rng: CounterRng) => -1e-7 * rng.uniform(),
  /** f near 0 at every token: all but the diagonal is pruned. */
  shut: (rng: CounterRng) => -20 * rng.uniform() - 20,
  /** Open for long, then a complete reset: one cliff. */
  resets: (rng: CounterRng) => (rng.uniform() < 0.02 ? -1000 : 0),
  /** Whole nats: D meets a whole threshold exactly, where only a strict comparison is right. */
  ties: (rng: CounterRng) => -rng.below(3),
} as const;

export type GateKind = keyof typeof GATE_KINDS;

const logSigmoid = (logit: number): number => -Math.log1p(Math.exp(-logit));

/** [heads, N] f64 running sums of gates of one kind. */
export function cumulativeGates(
  kind: GateKind,
  seed: number,
  heads: number,
  keyLen: number,
): Float64Array {
  const rng = new CounterRng(seed);
  const logLambda = new Float64Array(heads * keyLen);
  for (let head = 0; head < heads; head++) {
    let sum = 0;
    for (let t = 0; t < keyLen; t++) logLambda[head * keyLen + t] = sum += GATE_KINDS[kind](rng);
  }
  return logLambda;
}

/** [B, H, N] values as [B, H, N, 2] i32 two-part numbers: sixteenths of a nat, and the bits of an f32 remainder. */
export function toTwoPart(values: ArrayLike<number>): Int32Array<ArrayBuffer> {
  const parts = new Int32Array(values.length * 2);
  const remainders = new Float32Array(parts.buffer);
  for (let i = 0; i < values.length; i++) {
    const sixteenths = Math.round((values[i] as number) * 16);
    parts[2 * i] = sixteenths;
    remainders[2 * i + 1] = (values[i] as number) - sixteenths / 16;
  }
  return parts;
}

/** What two-part numbers say, exactly. */
export function fromTwoPart(parts: Int32Array<ArrayBuffer>): Float64Array {
  const remainders = new Float32Array(parts.buffer);
  return Float64Array.from(
    { length: parts.length / 2 },
    (_, i) => (parts[2 * i] as number) / 16 + (remainders[2 * i + 1] as number),
  );
}
