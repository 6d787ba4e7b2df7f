// One attention case from its file: inputs and exact results, turned to the layout of our ops, [B, T, H, D].

import { CaseError, SkippedCase } from '../reference/case-error.ts';
import type { Vectors } from '../reference/vectors.ts';
import { tokensFirst } from './layout.ts';

export interface AttentionDims {
  readonly batch: number;
  readonly queryLen: number;
  readonly keyLen: number;
  readonly numHeads: number;
  /** Hkv, a divisor of H: query head h reads key head ⌊h / (H / Hkv)⌋. */
  readonly numKvHeads: number;
  readonly headDim: number;
}

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

/** Which keys a row may see, beside those not later than itself. */
export interface Limits {
  /** [B], first key of each row that is not padding. */
  readonly seqStart: Int32Array<ArrayBuffer> | null;
  /** [documents + 1], packed documents of a batch of 1: no attention and no decay across their boundaries. */
  readonly cuSeqlens: Int32Array<ArrayBuffer> | null;
  /** Keys that a row may see, its own included. */
  readonly windowSize: number | null;
}

export interface AttentionCase {
  readonly dims: AttentionDims;
  readonly smScale: number;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dOut: Float32Array;
  readonly logFgate: Float32Array;
  readonly limits: Limits;
  /** f64 softmax attention without pruning, rounded to f32. */
  readonly exact: AttentionResults;
  /** The official kernel's [B, M, H, D], f16 storage, pruned where `pruning` is there; null for what that kernel cannot do. */
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
 * @throws CaseError where a tensor is missing or mis-shaped, SkippedCase where the file asks for what we do not know.
 */
export function readAttentionCase(
  vectors: Vectors,
  { hasOfficial }: { hasOfficial: boolean },
): AttentionCase {
  assertKnown(vectors);
  const queries = (name: string) => inOurLayout(vectors, name, ['B', 'H', 'M', 'D']);
  const keys = (name: string) => inOurLayout(vectors, name, ['B', 'Hkv', 'N', 'D']);
  const gates = (name: string) => inOurLayout(vectors, name, ['B', 'H', 'N']);
  const inputs = {
    q: queries('q'),
    k: keys('k'),
    v: keys('v'),
    dOut: queries('dout'),
    logFgate: gates('log_fgate'),
  };
  const exact = {
    out: queries('out'),
    dq: queries('dq'),
    dk: keys('dk'),
    dv: keys('dv'),
    dLogFgate: gates('dlog_fgate'),
  };
  const dims = readDims(vectors);
  return {
    dims,
    smScale: vectors.headerNumber('sm_scale'),
    ...inputs,
    limits: readLimits(vectors),
    exact,
    officialOut: hasOfficial ? readOfficial(vectors) : null,
    pruning: readPruning(vectors),
  };
}

function assertKnown(vectors: Vectors): void {
  const unknown = vectors.names.filter((name) => !KNOWN_TENSORS.has(name));
  if (unknown.length === 0) return;
  throw new SkippedCase(`this version does not know ${unknown.join(', ')}`);
}

/** Values of a tensor [B, heads, tokens] or [B, heads, tokens, D] with the tokens in front of the heads. */
function inOurLayout(vectors: Vectors, name: string, pattern: readonly string[]): Float32Array {
  const values = vectors.floats(name, pattern);
  const [batch, heads, tokens, width = 1] = pattern.map((letter) => vectors.size(letter));
  return tokensFirst(values, [batch as number, heads as number, tokens as number, width]);
}

function readDims(vectors: Vectors): AttentionDims {
  const [queryLen, keyLen] = [vectors.size('M'), vectors.size('N')];
  if (queryLen > keyLen) {
    throw new CaseError(`expected at most as many queries as keys, got ${queryLen} and ${keyLen}`);
  }
  const [numHeads, numKvHeads] = [vectors.size('H'), vectors.size('Hkv')];
  if (numHeads % numKvHeads !== 0) {
    throw new CaseError(
      `expected a whole number of query heads on each key head, got ${numHeads} on ${numKvHeads}`,
    );
  }
  return {
    batch: vectors.size('B'),
    queryLen,
    keyLen,
    numHeads,
    numKvHeads,
    headDim: vectors.size('D'),
  };
}

function readLimits(vectors: Vectors): Limits {
  return {
    seqStart: vectors.has('seq_start') ? vectors.ints('seq_start', ['B']) : null,
    cuSeqlens: vectors.has('cu_seqlens') ? readOffsets(vectors) : null,
    windowSize: vectors.header('window') === undefined ? null : readWindow(vectors),
  };
}

function readOffsets(vectors: Vectors): Int32Array<ArrayBuffer> {
  const offsets = vectors.ints('cu_seqlens', ['documents + 1']);
  const [batch, keyLen] = [vectors.size('B'), vectors.size('N')];
  if (batch !== 1) throw new CaseError(`expected packed documents in a batch of 1, got ${batch}`);
  const isRising = offsets.every((offset, d) => d === 0 || offset >= (offsets[d - 1] as number));
  if (isRising && (offsets[0] as number) >= 0 && (offsets.at(-1) as number) <= keyLen) {
    return offsets;
  }
  throw new CaseError(
    `expected cu_seqlens to rise from 0 to at most ${keyLen}, got ${offsets.join(' ')}`,
  );
}

function readWindow(vectors: Vectors): number {
  const window = vectors.headerNumber('window');
  if (Number.isInteger(window) && window >= 1) return window;
  throw new CaseError(`expected window in the header to be a number of tokens, got ${window}`);
}

function readOfficial(vectors: Vectors): Float32Array {
  vectors.floats('official_lse', ['B', 'H', 'M']);
  return inOurLayout(vectors, 'official_out', ['B', 'H', 'M', 'D']);
}

function readPruning(vectors: Vectors): OfficialPruning | null {
  const parts = ['threshold', 'official_start_index'].filter((name) => vectors.has(name));
  if (parts.length === 0) return null;
  const [blockM, blockN] = [vectors.headerNumber('block_q'), vectors.headerNumber('block_k')];
  const queryBlocks = Math.ceil(vectors.size('M') / blockM);
  return {
    threshold: vectors.floats('threshold', ['B', 'H']),
    startIndex: vectors.ints('official_start_index', ['B', 'H', queryBlocks]),
    blockM,
    blockN,
  };
}
