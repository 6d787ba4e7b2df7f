// An attention case from its file: inputs and exact results in the layout of our ops, [B, T, H, D].

import type { AttentionDims } from '@vulpes/fox-attention';
import { CaseError, type Vectors } from '../vectors.ts';

/** Sizes in the file, heads before tokens: B, M queries, N keys, H heads, Hkv heads of keys and values. */
const QUERIES = ['B', 'H', 'M', 'D'];
const KEYS = ['B', 'Hkv', 'N', 'D'];
const GATES = ['B', 'H', 'N'];

const OPTIONAL =
  'official_out official_lse seq_start cu_seqlens threshold official_start_index'.split(' ');
const KNOWN = ['q k v dout log_fgate out dq dk dv dlog_fgate'.split(' '), OPTIONAL].flat();

export type AttentionCase = ReturnType<typeof readAttentionCase>;
/** Output q-like [B, M, H, D], and gradients: k-like [B, N, Hkv, D], gates [B, N, H]. */
export type AttentionResults = AttentionCase['exact'];
/** What the official kernel pruned. */
export type OfficialPruning = NonNullable<AttentionCase['pruning']>;

/**
 * @param hasOfficial - whether the file must hold the official kernel's results
 * @throws CaseError where a tensor is missing or mis-shaped, or one that we don't know
 */
export function readAttentionCase(vectors: Vectors, { hasOfficial }: { hasOfficial: boolean }) {
  const unknown = vectors.names.filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) {
    throw new CaseError(`this version does not know ${unknown.join(', ')}`);
  }
  const read = (name: string, pattern: readonly string[]) =>
    readTokensFirst(vectors, name, pattern);
  const [q, dOut, logFgate] = [read('q', QUERIES), read('dout', QUERIES), read('log_fgate', GATES)];
  const [k, v] = [read('k', KEYS), read('v', KEYS)];
  const dims: Required<AttentionDims> = {
    ...{ batch: vectors.size('B'), queryLen: vectors.size('M'), keyLen: vectors.size('N') },
    ...{ numHeads: vectors.size('H'), numKvHeads: vectors.size('Hkv'), headDim: vectors.size('D') },
  };
  const limits = readLimits(vectors);
  if (hasOfficial) vectors.floats('official_lse', ['B', 'H', 'M']);
  return {
    dims,
    /** In the words of the f64 reference. */
    inputs: { q, k, v, logFgate, smScale: vectors.headerNumber('sm_scale'), ...limits },
    dOut,
    /** Which keys a row may see, beside those not later than itself. */
    limits,
    /** f64 softmax attention without pruning, rounded to f32. */
    exact: {
      out: read('out', QUERIES),
      dq: read('dq', QUERIES),
      dk: read('dk', KEYS),
      dv: read('dv', KEYS),
      dLogFgate: read('dlog_fgate', GATES),
    },
    /** The official kernel's [B, M, H, D], f16 storage, pruned where `pruning` is there; null for what it can't do. */
    officialOut: hasOfficial ? read('official_out', QUERIES) : null,
    pruning: readPruning(vectors),
  };
}

/** A tensor [B, heads, tokens] or [B, heads, tokens, D] with the tokens before the heads. */
function readTokensFirst(vectors: Vectors, name: string, pattern: readonly string[]): Float32Array {
  const values = vectors.floats(name, pattern);
  const [batch, heads, tokens, width = 1] = pattern.map((letter) => vectors.size(letter));
  const result = new Float32Array(values.length);
  for (let row = 0; row < batch! * heads! * tokens!; row++) {
    const [t, h] = [row % tokens!, Math.floor(row / tokens!) % heads!];
    const b = Math.floor(row / (tokens! * heads!));
    const target = ((b * tokens! + t) * heads! + h) * width;
    result.set(values.subarray(row * width, (row + 1) * width), target);
  }
  return result;
}

const readLimits = (vectors: Vectors) => ({
  seqStart: vectors.has('seq_start') ? vectors.ints('seq_start', ['B']) : undefined,
  /** [documents + 1], for a batch of 1. */
  cuSeqlens: vectors.has('cu_seqlens') ? vectors.ints('cu_seqlens', ['documents + 1']) : undefined,
  windowSize: vectors.header('window') === undefined ? undefined : vectors.headerNumber('window'),
});

function readPruning(vectors: Vectors) {
  if (!vectors.has('threshold') && !vectors.has('official_start_index')) return null;
  const [blockM, blockN] = [vectors.headerNumber('block_q'), vectors.headerNumber('block_k')];
  const queryBlocks = Math.ceil(vectors.size('M') / blockM);
  return {
    /** [B, H], nats. */
    threshold: vectors.floats('threshold', ['B', 'H']),
    /** [B, H, query blocks], key positions. */
    startIndex: vectors.ints('official_start_index', ['B', 'H', queryBlocks]),
    ...{ blockM, blockN },
  };
}
