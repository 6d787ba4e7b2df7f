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

export interface Sample {
  /** Of batch × heads; the first forgets. */
  readonly heads: readonly number[];
  /** Rows of `out` and `dq`. */
  readonly rows: readonly number[];
  /** Last keys of `dk`, `dv` and `dLogFgate`: only rows at or after a key touch it, so few rows make them exact. */
  readonly tail: number;
  /** Keys far before the last of `dk` and `dv`, in the first head: rows soon give them no weight. */
  readonly early: readonly number[];
}

/** Both ends and the edges of the first, a middle and the last tile, ± 1; in the first head, which forgets, and the last, which remembers. */
export function chooseSample({ batch, seqLen, numHeads, blocks: { blockM } }: Sizes): Sample {
  const tiles = [1, Math.floor(seqLen / blockM / 2), Math.floor((seqLen - 1) / blockM)];
  const edges = tiles.flatMap((tile) => [tile * blockM - 1, tile * blockM, tile * blockM + 1]);
  const rows = [...new Set([0, ...edges, seqLen - 1])].filter((row) => row >= 0 && row < seqLen);
  const tail = Math.min(32, seqLen);
  const early = [0, Math.floor(seqLen / 2)].filter((key) => key < seqLen - tail);
  return { heads: [...new Set([0, batch * numHeads - 1])], rows, tail, early: [...new Set(early)] };
}

/** The elements of `sample`: slices of heads by the whole reference. */
export function sampledReference(
  sizes: Sizes,
  host: HostInputs,
  mode: AttentionMode,
  sample = chooseSample(sizes),
): Expectations {
  const { seqLen } = sizes;
  const found: Record<string, Elements> = {};
  for (const [at, index] of sample.heads.entries()) {
    const head = gatherHead(sizes, host, index);
    const add = (outputs: readonly Output[], rows: Span, tokens: Span = rows): void =>
      addElements(found, head, { outputs, rows, tokens, mode });
    for (const row of sample.rows) add(['out', 'dq'], [row, row + 1]);
    if (mode === 'forward') continue;
    add(['dk', 'dv', 'dLogFgate'], [seqLen - sample.tail, seqLen]);
    for (const key of at === 0 ? sample.early : []) {
      add(['dk', 'dv'], [key, reach(head.inputs.logFgate, key, 1)], [key, key + 1]);
    }
  }
  return withBounds(found, (elements) => elements);
}

type Elements = { readonly values: number[]; readonly indices: number[] };
type Output = 'out' | 'dq' | 'dk' | 'dv' | 'dLogFgate';
/** First, and one past the last. */
type Span = readonly [number, number];

interface Wanted {
  readonly outputs: readonly Output[];
  readonly rows: Span;
  readonly tokens: Span;
  readonly mode: AttentionMode;
}

interface Head {
  /** Of one head of one sequence: [T, D], logFgate [T]. */
  readonly inputs: HostInputs;
  /** Of token t in [B, T, H]. */
  offset(t: number): number;
}

function gatherHead({ batch, seqLen, numHeads }: Sizes, host: HostInputs, index: number): Head {
  const offset = (t: number): number =>
    (Math.floor(index / numHeads) * seqLen + t) * numHeads + (index % numHeads);
  const gather = (values: Float32Array): Float32Array => {
    const size = values.length / (batch * seqLen * numHeads);
    const rows = new Float32Array(seqLen * size);
    for (let t = 0; t < seqLen; t++) {
      rows.set(values.subarray(offset(t) * size, (offset(t) + 1) * size), t * size);
    }
    return rows;
  };
  const entries = Object.entries(host).map(([name, values]) => [name, gather(values)]);
  return { inputs: Object.fromEntries(entries) as HostInputs, offset };
}

/** Nats of decay after which a key's weight is nothing beside 1 in f64. */
const FORGOTTEN = 60;

/** The token up to which a key is not forgotten, forwards (step 1) or backwards (−1). */
function reach(logFgate: Float32Array, from: number, step: 1 | -1): number {
  let [t, nats] = [from, 0];
  for (; t + step >= 0 && t + step <= logFgate.length && nats < FORGOTTEN; t += step) {
    nats -= logFgate[t] as number;
  }
  return t;
}

/** Adds the elements of `tokens` that `rows` give over the keys that the first of them has not forgotten. */
function addElements(
  found: Record<string, Elements>,
  { inputs, offset }: Head,
  { outputs, rows: [first, end], tokens, mode }: Wanted,
): void {
  const seqLen = inputs.logFgate.length;
  const start = reach(inputs.logFgate, first, -1);
  const [headDim, queryLen, keyLen] = [inputs.q.length / seqLen, end - first, end - start];
  const slice = (values: HostInputs['q'], from: number) =>
    values.subarray((from * values.length) / seqLen, (end * values.length) / seqLen);
  const { q, k, v, dOut, logFgate } = inputs;
  const made = compute(
    { batch: 1, numHeads: 1, headDim, queryLen, keyLen },
    {
      ...{ q: slice(q, first), dOut: slice(dOut, first), logFgate: slice(logFgate, start) },
      ...{ k: slice(k, start), v: slice(v, start) },
    },
    mode,
  );
  for (const output of outputs.filter((name) => made[name])) {
    const values = made[output] as Float64Array;
    const isOfRows = output === 'out' || output === 'dq';
    const size = values.length / (isOfRows ? queryLen : keyLen);
    const elements: Elements = found[output] ?? { values: [], indices: [] };
    found[output] = elements;
    for (let t = tokens[0]; t < tokens[1]; t++) {
      for (let d = 0; d < size; d++) {
        elements.values.push(values[(t - (isOfRows ? first : start)) * size + d] as number);
        elements.indices.push(offset(t) * size + d);
      }
    }
  }
}

/** Every output of the mode by the reference. */
function compute(
  dims: Parameters<typeof referenceForgettingAttention>[0],
  host: HostInputs,
  mode: AttentionMode,
): Partial<Record<Output, Float64Array>> {
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
