// An attention case from its file: inputs and exact results in the layout of our ops, [B, T, H, D].

import type { AttentionDims } from '@vulpes/fox-attention';
import { referenceTokenVisibility, type VisibilityLimits } from '@vulpes/wgsl-kernels/reference';
import { UnknownCaseError, type Vectors } from '../vectors.ts';

/** q-like [B, M, H, D], k-like [B, N, Hkv, D], gates [B, N, H]. */
export interface AttentionResults {
  readonly out: Float32Array;
  readonly dq: Float32Array;
  readonly dk: Float32Array;
  readonly dv: Float32Array;
  readonly dLogFgate: Float32Array;
}

/** What the official kernel pruned. */
export interface OfficialPruning {
  /** [B, H], nats. */
  readonly threshold: Float32Array;
  /** [B, H, query blocks], key positions. */
  readonly startIndex: Int32Array;
  readonly blockM: number;
  readonly blockN: number;
}

export interface Limits extends VisibilityLimits {
  readonly seqStart?: Int32Array<ArrayBuffer> | undefined;
  /** [documents + 1], for a batch of 1. */
  readonly cuSeqlens?: Int32Array<ArrayBuffer> | undefined;
}

export interface AttentionCase {
  readonly dims: Required<AttentionDims>;
  readonly smScale: number;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dOut: Float32Array;
  readonly logFgate: Float32Array;
  /** Which keys a row may see, beside those not later than itself. */
  readonly limits: Limits;
  /** i32 [B, N, 2], see `tokenVisibility`. */
  readonly visibility: Int32Array;
  /** f64 softmax attention without pruning, rounded to f32. */
  readonly exact: AttentionResults;
  /** The official kernel's [B, M, H, D], f16 storage, pruned where `pruning` is there; null for what it can't do. */
  readonly officialOut: Float32Array | null;
  readonly pruning: OfficialPruning | null;
}

const KNOWN_TENSORS = new Set(
  'q k v dout log_fgate out dq dk dv dlog_fgate official_out official_lse seq_start cu_seqlens threshold official_start_index'.split(
    ' ',
  ),
);

/**
 * @param hasOfficial - whether the file must hold the official kernel's results
 * @throws CaseError where a tensor is missing or mis-shaped, UnknownCaseError where the file has a tensor that we don't know
 */
export function readAttentionCase(
  vectors: Vectors,
  { hasOfficial }: { hasOfficial: boolean },
): AttentionCase {
  const unknown = vectors.names.filter((name) => !KNOWN_TENSORS.has(name));
  if (unknown.length > 0) {
    throw new UnknownCaseError(`this version does not know ${unknown.join(', ')}`);
  }
  const readQueries = (name: string) => readTokensFirst(vectors, name, ['B', 'H', 'M', 'D']);
  const readKeys = (name: string) => readTokensFirst(vectors, name, ['B', 'Hkv', 'N', 'D']);
  const readGates = (name: string) => readTokensFirst(vectors, name, ['B', 'H', 'N']);
  const [q, dOut, logFgate] = [readQueries('q'), readQueries('dout'), readGates('log_fgate')];
  const [k, v] = [readKeys('k'), readKeys('v')];
  const exact = {
    out: readQueries('out'),
    dq: readQueries('dq'),
    dk: readKeys('dk'),
    dv: readKeys('dv'),
    dLogFgate: readGates('dlog_fgate'),
  };
  const dims = readDims(vectors);
  const limits = readLimits(vectors);
  if (hasOfficial) vectors.floats('official_lse', ['B', 'H', 'M']);
  return {
    ...{ dims, q, k, v, dOut, logFgate, limits, exact },
    smScale: vectors.headerNumber('sm_scale'),
    visibility: referenceTokenVisibility({ batch: dims.batch, length: dims.keyLen }, limits),
    officialOut: hasOfficial ? readQueries('official_out') : null,
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

function readDims(vectors: Vectors): Required<AttentionDims> {
  const [batch, queryLen, keyLen] = [vectors.size('B'), vectors.size('M'), vectors.size('N')];
  const [numHeads, numKvHeads] = [vectors.size('H'), vectors.size('Hkv')];
  return { batch, queryLen, keyLen, numHeads, numKvHeads, headDim: vectors.size('D') };
}

const readLimits = (vectors: Vectors): Limits => ({
  seqStart: vectors.has('seq_start') ? vectors.ints('seq_start', ['B']) : undefined,
  cuSeqlens: vectors.has('cu_seqlens') ? vectors.ints('cu_seqlens', ['documents + 1']) : undefined,
  windowSize: vectors.header('window') === undefined ? undefined : vectors.headerNumber('window'),
});

function readPruning(vectors: Vectors): OfficialPruning | null {
  if (!vectors.has('threshold') && !vectors.has('official_start_index')) return null;
  const [blockM, blockN] = [vectors.headerNumber('block_q'), vectors.headerNumber('block_k')];
  const queryBlocks = Math.ceil(vectors.size('M') / blockM);
  return {
    threshold: vectors.floats('threshold', ['B', 'H']),
    startIndex: vectors.ints('official_start_index', ['B', 'H', queryBlocks]),
    ...{ blockM, blockN },
  };
}
