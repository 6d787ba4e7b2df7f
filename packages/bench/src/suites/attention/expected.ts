// What an attention case must give, in f64: whole outputs, and at any length some elements of them.

import {
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from '@vulpes/fox-attention/reference';
import type { Expectations, Expected, Mode } from '../../case.ts';
import { type HostInputs, referenceDims, type Sizes } from './inputs.ts';

export type AttentionMode = Extract<Mode, 'forward' | 'forward+backward'>;

/** The pruned variants are held to the dense reference: ε = e^−10 bounds the mass they drop, the true loss is far below f32 rounding. */
const FORWARD_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

/** Whole outputs: `out`, and the gradients where the mode has them. */
export const reference = (sizes: Sizes, host: HostInputs, mode: AttentionMode): Expectations =>
  withBounds(compute(referenceDims(sizes), host, mode), (values) => ({ values }));

/** Tokens of a sample: a tile of 64, and one before it. */
const SAMPLED = 65;

/**
 * The last tokens of the first head, which forgets, and of the last, which remembers: only rows at or after a key touch its gradients,
 * so the last rows make those of the last keys exact.
 */
export function sampledReference(
  sizes: Sizes,
  host: HostInputs,
  mode: AttentionMode,
): Expectations {
  const { batch, seqLen, numHeads, headDim } = sizes;
  const queryLen = Math.min(SAMPLED, seqLen);
  const first = seqLen - queryLen;
  const found: Record<string, { readonly values: number[]; readonly indices: number[] }> = {};
  for (const index of new Set([0, batch * numHeads - 1])) {
    const offset = (t: number): number =>
      (Math.floor(index / numHeads) * seqLen + t) * numHeads + (index % numHeads);
    const [q, k, v, dOut] = [host.q, host.k, host.v, host.dOut].map((values) =>
      gather(values, { seqLen, width: headDim, offset }),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const rows = { q: q.subarray(first * headDim), dOut: dOut.subarray(first * headDim) };
    const logFgate = gather(host.logFgate, { seqLen, width: 1, offset });
    const dims = { batch: 1, numHeads: 1, headDim, queryLen, keyLen: seqLen };
    const made = compute(dims, { ...rows, k, v, logFgate }, mode);
    for (const [name, all] of Object.entries(made)) {
      const width = name === 'dLogFgate' ? 1 : headDim;
      found[name] ??= { values: [], indices: [] };
      for (const [at, value] of all.subarray(-queryLen * width).entries()) {
        found[name].values.push(value);
        found[name].indices.push(offset(first + Math.floor(at / width)) * width + (at % width));
      }
    }
  }
  return withBounds(found, (elements) => elements);
}

interface HeadLayout {
  readonly seqLen: number;
  /** Values of a token. */
  readonly width: number;
  /** Of token t in [B, T, H]. */
  offset(t: number): number;
}

/** One head of one sequence: [T, width]. */
function gather(values: Float32Array, { seqLen, width, offset }: HeadLayout): Float32Array {
  const rows = new Float32Array(seqLen * width);
  for (let t = 0; t < seqLen; t++) {
    rows.set(values.subarray(offset(t) * width, (offset(t) + 1) * width), t * width);
  }
  return rows;
}

/** Every output of the mode by the reference. */
function compute(
  dims: Parameters<typeof referenceForgettingAttention>[0],
  host: Readonly<Record<keyof HostInputs, Float32Array>>,
  mode: AttentionMode,
): Record<string, Float64Array> {
  const { out } = referenceForgettingAttention(dims, host);
  if (mode === 'forward') return { out };
  return { out, ...referenceForgettingAttentionBackward(dims, host, host.dOut) };
}

const withBounds = <T>(
  outputs: Readonly<Record<string, T>>,
  toExpected: (of: T) => Omit<Expected, 'bound'>,
): Expectations =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, of]) => [
      name,
      { ...toExpected(of), bound: name === 'out' ? FORWARD_BOUND : GRADIENT_BOUND },
    ]),
  );
