// Some elements of attention's outputs at any length, in f64: rows of out and dq, and the gradients of the last keys and of early ones.

import type { HostInputs, Sizes } from './inputs.ts';

export interface Sample {
  /** Of batch × heads. */
  readonly heads: readonly number[];
  /** Rows of `out` and `dq`. */
  readonly rows: readonly number[];
  /** Last keys of `dk`, `dv` and `dLogFgate`: only rows at or after a key touch it, so few rows make them exact. */
  readonly tail: number;
  /** Keys far before the last of `dk` and `dv`, in the first head: it forgets, so rows soon give them no weight that f64 can hold beside 1. */
  readonly early: readonly number[];
}

/** Nats of decay after which a row's weight of a key is nothing. */
const FORGOTTEN = 60;

/** Both ends and the edges of the first, a middle and the last tile, ± 1; in the first head, which forgets, and the last, which remembers. */
export function chooseSample({ batch, seqLen, numHeads, blocks: { blockM } }: Sizes): Sample {
  const tiles = [1, Math.floor(seqLen / blockM / 2), Math.floor((seqLen - 1) / blockM)];
  const edges = tiles.flatMap((tile) => [tile * blockM - 1, tile * blockM, tile * blockM + 1]);
  const rows = [...new Set([0, ...edges, seqLen - 1])].filter((row) => row >= 0 && row < seqLen);
  const tail = Math.min(32, seqLen);
  const early = [0, Math.floor(seqLen / 2)].filter((key) => key < seqLen - tail);
  return { heads: [...new Set([0, batch * numHeads - 1])], rows, tail, early: [...new Set(early)] };
}

/** Elements of one output: what they are, and where. */
export interface Elements {
  readonly values: number[];
  readonly indices: number[];
}

const none = (): Elements => ({ values: [], indices: [] });

/** Rows of `out`: O(T · D) for each row of each head. */
export function sampledOut(sizes: Sizes, host: HostInputs, { heads, rows }: Sample): Elements {
  const out = none();
  for (const head of heads.map((index) => gatherHead(sizes, host, index))) {
    for (const i of rows) put(out, head.offset(i), mix(head, computeWeights(head, i), head.v));
  }
  return out;
}

/** Rows of `dq`, and the gradients of the last keys and of early ones: O(T · D) for each row, each of the last keys of each head, and some hundred rows an early key. */
export function sampledGradients(
  sizes: Sizes,
  host: HostInputs,
  { heads, rows, tail, early }: Sample,
): Record<'dq' | 'dk' | 'dv' | 'dLogFgate', Elements> {
  const found = { dq: none(), dk: none(), dv: none(), dLogFgate: none() };
  for (const head of heads.map((index) => gatherHead(sizes, host, index))) {
    for (const i of rows) {
      const dScores = computeScoreGradients(head, i, computeWeights(head, i));
      put(found.dq, head.offset(i), mix(head, dScores, head.k, head.smScale));
    }
    putTail(found, head, sizes.seqLen - tail);
  }
  const forgetting = gatherHead(sizes, host, heads[0] as number);
  for (const key of early) putEarly(found, forgetting, key);
  return found;
}

function put({ values, indices }: Elements, offset: number, row: ArrayLike<number>): void {
  for (let d = 0; d < row.length; d++) {
    values.push(row[d] as number);
    indices.push(offset + d);
  }
}

/** One head of one sequence. */
interface Head {
  readonly headDim: number;
  readonly seqLen: number;
  readonly smScale: number;
  /** [T, D] each, gathered: rows that lie apart take three times as long. */
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dOut: Float32Array;
  /** λ, [T] */
  readonly logLambda: Float64Array;
  /** Of token t in [B, T, H]. */
  gateOffset(t: number): number;
  /** Of token t in [B, T, H, D]. */
  offset(t: number): number;
}

function gatherHead({ seqLen, numHeads, headDim }: Sizes, host: HostInputs, index: number): Head {
  const [b, h] = [Math.floor(index / numHeads), index % numHeads];
  const gateOffset = (t: number): number => (b * seqLen + t) * numHeads + h;
  const offset = (t: number): number => gateOffset(t) * headDim;
  const gather = (from: Float32Array): Float32Array => {
    const rows = new Float32Array(seqLen * headDim);
    for (let t = 0; t < seqLen; t++) {
      rows.set(from.subarray(offset(t), offset(t) + headDim), t * headDim);
    }
    return rows;
  };
  const logLambda = new Float64Array(seqLen);
  for (let t = 0, sum = 0; t < seqLen; t++) {
    sum += host.logFgate[gateOffset(t)] as number;
    logLambda[t] = sum;
  }
  return {
    ...{ headDim, seqLen, smScale: headDim ** -0.5, logLambda, gateOffset, offset },
    ...{ q: gather(host.q), k: gather(host.k), v: gather(host.v), dOut: gather(host.dOut) },
  };
}

/** Softmax weights of row i over keys 0 … i. */
function computeWeights(head: Head, i: number): Float64Array {
  const { q, k, logLambda, smScale, headDim } = head;
  const scores = new Float64Array(i + 1);
  for (let j = 0; j <= i; j++) {
    const decayBias = (logLambda[i] as number) - (logLambda[j] as number);
    scores[j] = smScale * dot(q, i, k, j, headDim) + decayBias;
  }
  const max = scores.reduce((best, score) => Math.max(best, score));
  const exps = scores.map((score) => Math.exp(score - max));
  const sum = exps.reduce((total, value) => total + value);
  return exps.map((value) => value / sum);
}

/** Gradient of the scores of row i; 0 where the weight is. */
function computeScoreGradients(head: Head, i: number, weights: Float64Array): Float64Array {
  const { dOut, v, headDim } = head;
  const dWeights = weights.map((weight, j) => (weight === 0 ? 0 : dot(dOut, i, v, j, headDim)));
  const delta = weights.reduce((sum, weight, j) => sum + weight * (dWeights[j] as number), 0);
  return weights.map((weight, j) => weight * ((dWeights[j] as number) - delta));
}

/** scale · Σ_j shares_j rows_j, [D] */
function mix({ headDim }: Head, shares: Float64Array, rows: Float32Array, scale = 1): Float64Array {
  const mixed = new Float64Array(headDim);
  shares.forEach((share, j) => {
    if (share !== 0) addRow(mixed, scale * share, rows, j);
  });
  return mixed;
}

/** Gradients of the keys from `first` on. */
function putTail(
  found: Record<'dk' | 'dv' | 'dLogFgate', Elements>,
  head: Head,
  first: number,
): void {
  const { seqLen, headDim, smScale, offset, gateOffset } = head;
  const keys = Array.from({ length: seqLen - first }, () => ({
    dk: new Float64Array(headDim),
    dv: new Float64Array(headDim),
    dLogLambda: 0,
  }));
  keys.forEach((row, at) => {
    const i = first + at;
    const weights = computeWeights(head, i);
    const dScores = computeScoreGradients(head, i, weights);
    row.dLogLambda += dScores.reduce((sum, dScore) => sum + dScore);
    keys.slice(0, at + 1).forEach((key, j) => {
      const dScore = dScores[first + j] as number;
      addRow(key.dv, weights[first + j] as number, head.dOut, i);
      addRow(key.dk, smScale * dScore, head.q, i);
      key.dLogLambda -= dScore;
    });
  });
  // A gate acts on every later λ.
  for (let at = keys.length - 1, dLogFgate = 0; at >= 0; at--) {
    const { dk, dv, dLogLambda } = keys[at] as (typeof keys)[number];
    put(found.dk, offset(first + at), dk);
    put(found.dv, offset(first + at), dv);
    dLogFgate += dLogLambda;
    put(found.dLogFgate, gateOffset(first + at), [dLogFgate]);
  }
}

/** Gradients of one key, by the rows that have not forgotten it. */
function putEarly(found: Record<'dk' | 'dv', Elements>, head: Head, key: number): void {
  const { seqLen, headDim, smScale, logLambda } = head;
  const [dk, dv] = [new Float64Array(headDim), new Float64Array(headDim)];
  for (let i = key; i < seqLen; i++) {
    if ((logLambda[key] as number) - (logLambda[i] as number) > FORGOTTEN) break;
    const weights = computeWeights(head, i);
    addRow(dv, weights[key] as number, head.dOut, i);
    addRow(dk, smScale * (computeScoreGradients(head, i, weights)[key] as number), head.q, i);
  }
  put(found.dk, head.offset(key), dk);
  put(found.dv, head.offset(key), dv);
}

/** sum [D] += scale · row i of `rows` [T, D] */
function addRow(sum: Float64Array, scale: number, rows: Float32Array, i: number): void {
  const offset = i * sum.length;
  for (let d = 0; d < sum.length; d++) sum[d]! += scale * (rows[offset + d] as number);
}

/** Row i of a [T, D] with row j of b. */
function dot(a: Float32Array, i: number, b: Float32Array, j: number, headDim: number): number {
  const [o_a, o_b] = [i * headDim, j * headDim];
  let sum = 0;
  for (let d = 0; d < headDim; d++) sum += (a[o_a + d] as number) * (b[o_b + d] as number);
  return sum;
}
