// Which tokens are held out: a seeded choice from all over the text, never its end.

import { ArgumentError, CounterRng } from '@vulpes/tensor-core';
import { firstAtLeast, type TokenRange, type TokenSource } from './token-source.ts';

export interface SplitOptions {
  /** Tokens of a training sequence. Held-out stretches hold whole sequences, each with its last label. */
  readonly contextLength: number;
  /** Share of the tokens to hold out; default 0.02. */
  readonly heldOutShare?: number;
  /** Chooses what is held out; not the seed of training, so that runs of other seeds are compared on the same text. Default 0. */
  readonly splitSeed?: number;
}

export interface Split {
  readonly train: readonly TokenRange[];
  readonly heldOut: readonly TokenRange[];
}

const DEFAULT_SHARE = 0.02;
const MIN_SEQUENCES = 8;
const MAX_SHARE = 0.2;
/** More says nothing more, and evaluations read less. */
const MAX_HELD_OUT = 2 ** 22;
/** Stretches that a text without known documents gives up. */
const MAX_STRETCHES = 32;
/** Fewer documents would be a chance selection: stretches then. */
const MIN_DOCUMENTS = 16;
/** Stream of the random numbers that choose. */
const SPLIT_STREAM = 0x73706c74; // 'splt'

/**
 * The text is cut into equal parts; each gives up one stretch at a random place, or the document that stands there, where documents
 * are known and so short that at least 16 of them are held out.
 * @param set - documents: how many the source knows
 * @throws ArgumentError where the text is too short for one sequence on both sides
 */
export async function splitTokens(
  { source, documents: known }: { readonly source: TokenSource; readonly documents: number },
  options: SplitOptions,
): Promise<Split> {
  const wanted = heldOutLength(source.length, options);
  const documents = Math.round((wanted * known) / source.length);
  const rng = new CounterRng(options.splitSeed ?? 0, SPLIT_STREAM);
  const byDocument =
    documents >= MIN_DOCUMENTS ? await chooseDocuments(source, { wanted, documents, rng }) : [];
  const sequence = options.contextLength + 1;
  const isEnough = sum(byDocument) >= Math.max(sequence, wanted / 4);
  const heldOut = isEnough ? byDocument : chooseStretches(source.length, { wanted, sequence, rng });
  return { train: complement(source.length, heldOut), heldOut };
}

/** Tokens to hold out: the wanted share, at least some sequences, at most a fifth of the text. */
function heldOutLength(
  tokens: number,
  { contextLength, heldOutShare = DEFAULT_SHARE }: SplitOptions,
): number {
  const sequence = contextLength + 1; // one more token, for the last label
  if (tokens < 2 * sequence) {
    throw new ArgumentError(
      `corpus: expected at least ${2 * sequence} tokens (one context of ${contextLength} to train on, one held out, each with its label), got ${tokens}. Use more text or a shorter context.`,
    );
  }
  const share = Math.min(Math.round(tokens * heldOutShare), MAX_HELD_OUT);
  const wanted = Math.max(share, MIN_SEQUENCES * sequence);
  return Math.max(sequence, Math.min(wanted, Math.floor(tokens * MAX_SHARE)));
}

/** One stretch from each of as many equal parts, each of whole sequences. */
function chooseStretches(
  tokens: number,
  { wanted, sequence, rng }: { wanted: number; sequence: number; rng: CounterRng },
): TokenRange[] {
  const count = Math.min(MAX_STRETCHES, Math.floor(wanted / sequence));
  const length = Math.floor(wanted / count / sequence) * sequence;
  return Array.from({ length: count }, (_, i) => {
    const [start, end] = [partStart(tokens, count, i), partStart(tokens, count, i + 1)];
    return { offset: start + rng.below(end - start - length + 1), length };
  });
}

/** The document at a random token of each of as many equal parts; long ones, which would be most of what is held out, stay. */
async function chooseDocuments(
  source: TokenSource,
  { wanted, documents, rng }: { wanted: number; documents: number; rng: CounterRng },
): Promise<TokenRange[]> {
  const chosen = new Map<number, TokenRange>();
  let total = 0;
  for (let i = 0; i < documents && total < wanted; i++) {
    const start = partStart(source.length, documents, i);
    const place = start + rng.below(partStart(source.length, documents, i + 1) - start);
    const document = await findDocument(source, place, Math.ceil(wanted / 4));
    if (!document || chosen.has(document.offset)) continue;
    chosen.set(document.offset, document);
    total += document.length;
  }
  return [...chosen.values()];
}

/** The document that holds a token; null where it is longer than `longest`, or none begins before it. */
async function findDocument(
  source: TokenSource,
  place: number,
  longest: number,
): Promise<TokenRange | null> {
  const from = Math.max(0, place - longest);
  const count = Math.min(source.length, place + longest + 1) - from;
  const starts = await source.documentStarts(from, count);
  const next = firstAtLeast(starts, place - from + 1);
  const start = starts[next - 1];
  const end = starts[next] ?? (from + count === source.length ? count : undefined);
  if (start === undefined || end === undefined || end - start > longest) return null;
  return { offset: from + start, length: end - start };
}

const partStart = (tokens: number, parts: number, part: number): number =>
  Math.floor((part * tokens) / parts);

const sum = (ranges: readonly TokenRange[]): number =>
  ranges.reduce((total, { length }) => total + length, 0);

/** What is left of [0, tokens) without the ascending ranges. */
function complement(tokens: number, ranges: readonly TokenRange[]): TokenRange[] {
  const starts = [0, ...ranges.map(({ offset, length }) => offset + length)];
  const ends = [...ranges.map(({ offset }) => offset), tokens];
  return starts
    .map((offset, i) => ({ offset, length: (ends[i] as number) - offset }))
    .filter(({ length }) => length > 0);
}
