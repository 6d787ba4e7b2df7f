// One attention case from its file: inputs and exact results, turned to the layout of our ops, [B, T, H, D].

import { CaseError, SkippedCase } from '../reference/case-error.ts';
import type { Vectors } from '../reference/vectors.ts';

export interface AttentionDims {
  readonly batch: number;
  readonly queryLen: number;
  readonly keyLen: number;
  readonly numHeads: number;
  readonly headDim: number;
}

/** q-like [B, M, H, D], k-like [B, N, H, D], gates [B, N, H]. */
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

export interface AttentionCase {
  readonly dims: AttentionDims;
  readonly smScale: number;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dOut: Float32Array;
  readonly logFgate: Float32Array;
  /** [B], first key of each row that is not padding. */
  readonly seqStart: Int32Array<ArrayBuffer> | null;
  /** f64 softmax attention without pruning, rounded to f32. */
  readonly exact: AttentionResults;
  /** The official kernel's, f16 storage; pruned where `pruning` is there. */
  readonly official: { readonly out: Float32Array; readonly lse: Float32Array };
  readonly pruning: OfficialPruning | null;
}

const KNOWN_TENSORS = new Set(
  'q k v dout log_fgate out dq dk dv dlog_fgate official_out official_lse seq_start threshold official_start_index'.split(
    ' ',
  ),
);

/** @throws CaseError where a tensor is missing or mis-shaped, SkippedCase where the case asks for more than plain heads. */
export function readAttentionCase(vectors: Vectors): AttentionCase {
  assertKnown(vectors);
  const queries = (name: string) =>
    tokensFirst(vectors.floats(name, ['B', 'H', 'M', 'D']), 'M', vectors);
  const keys = (name: string) =>
    tokensFirst(vectors.floats(name, ['B', 'H', 'N', 'D']), 'N', vectors);
  const gates = (name: string) =>
    tokensFirst(vectors.floats(name, ['B', 'H', 'N']), 'N', vectors, 1);
  const q = queries('q');
  assertPlainHeads(vectors);
  const inputs = {
    q,
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
  return {
    dims: readDims(vectors),
    smScale: vectors.headerNumber('sm_scale'),
    ...inputs,
    seqStart: vectors.has('seq_start') ? vectors.ints('seq_start', ['B']) : null,
    exact,
    official: {
      out: queries('official_out'),
      lse: vectors.floats('official_lse', ['B', 'H', 'M']),
    },
    pruning: readPruning(vectors),
  };
}

function assertKnown(vectors: Vectors): void {
  const unknown = vectors.names.filter((name) => !KNOWN_TENSORS.has(name));
  const options = vectors.header('window') === undefined ? unknown : [...unknown, 'window'];
  if (options.length === 0) return;
  throw new SkippedCase(`this version does not know ${options.join(', ')}`);
}

function assertPlainHeads(vectors: Vectors): void {
  const kvHeads = vectors.shapeOf('k')[1];
  if (kvHeads === vectors.size('H')) return;
  if (kvHeads !== undefined && vectors.size('H') % kvHeads === 0) {
    throw new SkippedCase(
      `this version has no grouped queries (${vectors.size('H')} query heads on ${kvHeads})`,
    );
  }
}

function readDims(vectors: Vectors): AttentionDims {
  const [queryLen, keyLen] = [vectors.size('M'), vectors.size('N')];
  if (queryLen > keyLen) {
    throw new CaseError(`expected at most as many queries as keys, got ${queryLen} and ${keyLen}`);
  }
  return {
    batch: vectors.size('B'),
    queryLen,
    keyLen,
    numHeads: vectors.size('H'),
    headDim: vectors.size('D'),
  };
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

/** [B, H, T, width] -> [B, T, H, width]. */
function tokensFirst(
  values: Float32Array,
  tokens: 'M' | 'N',
  vectors: Vectors,
  width = vectors.size('D'),
): Float32Array {
  const [batch, numHeads, seqLen] = [vectors.size('B'), vectors.size('H'), vectors.size(tokens)];
  const result = new Float32Array(values.length);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      for (let t = 0; t < seqLen; t++) {
        const source = ((b * numHeads + h) * seqLen + t) * width;
        result.set(
          values.subarray(source, source + width),
          ((b * seqLen + t) * numHeads + h) * width,
        );
      }
    }
  }
  return result;
}
