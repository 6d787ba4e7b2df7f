// How long heads remember, in tokens: half-lives of their gates, and maps of the decay between two tokens.

/** A gate of exactly 1 forgets nothing; its half-life counts as this many tokens. */
export const MAX_HALF_LIFE = 1e6;

/** Tokens after which half of what came before is left, if every gate were this one: log 2 / −log f. */
export const toHalfLife = (logFgate: number): number =>
  Math.min(MAX_HALF_LIFE, Math.LN2 / Math.max(-logFgate, Number.MIN_VALUE));

/** Of each gate of a text, [T]. The first gate acts on nothing, and is left out. */
export const toHalfLives = (logFgate: Float32Array): Float64Array =>
  Float64Array.from(logFgate.subarray(1), toHalfLife);

/** Of a head along a whole text: decay adds up in the logarithm, so it is that of the mean log gate. */
export function computeMeanHalfLife(logFgate: Float32Array): number {
  const gates = logFgate.subarray(1);
  return toHalfLife(gates.reduce((sum, gate) => sum + gate, 0) / gates.length);
}

/** The value at each share, 0…1, of the sorted ones: between two, the one nearer to the wanted rank. */
export function quantilesAt<const S extends readonly number[]>(values: Float64Array, shares: S) {
  const sorted = values.slice().sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return shares.map(at) as { [I in keyof S]: number };
}

/** [positions, positions] nats: D of the query at one position against the key at another; 0 above the diagonal. */
export function createDecayMap(logLambda: Float64Array, positions: Int32Array): Float32Array {
  const size = positions.length;
  return Float32Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    if (j > i) return 0;
    const [query, key] = [positions[i] as number, positions[j] as number];
    return (logLambda[query] as number) - (logLambda[key] as number);
  });
}

/** `count` positions spread over a text, each at the end of its stretch; the last is T − 1. */
export function spreadPositions(seqLen: number, count: number): Int32Array {
  const size = Math.min(seqLen, count);
  return Int32Array.from({ length: size }, (_, i) => Math.ceil(((i + 1) * seqLen) / size) - 1);
}
