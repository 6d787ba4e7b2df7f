// Counter-based random numbers: Philox-4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
// The n-th number depends on (seed, stream, n) alone, so a position in the stream is all that a checkpoint has to keep.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** Ten Philox rounds on a 128-bit counter with a 64-bit key; four 32-bit results. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    c0 = high1 ^ c1 ^ k0;
    c1 = Math.imul(MULTIPLIER_1, c2);
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** High 32 bits of a 32×32-bit unsigned product, by 16-bit halves; every sum stays below 2^53. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 0x10000);
  const middle2 = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middle2 / 0x10000)) | 0;
}

/** A stream of random numbers whose position can be saved and restored. */
export class CounterRng {
  readonly seed: number;
  readonly stream: number;
  #position = 0;
  /** Four numbers come from one block: the last block is kept. */
  #block = -1;
  #words: readonly number[] = [];

  /** @param seed - any safe integer ≥ 0. @param stream - independent streams of one seed. */
  constructor(seed: number, stream = 0) {
    this.seed = seed;
    this.stream = stream;
  }

  /** The number at a position (0, 1, 2, …), without moving. */
  at(position: number): number {
    const block = Math.floor(position / 4);
    if (block !== this.#block) {
      this.#block = block;
      this.#words = philox4x32(
        [block >>> 0, Math.floor(block / 2 ** 32), this.stream >>> 0, 0],
        [this.seed >>> 0, Math.floor(this.seed / 2 ** 32)],
      );
    }
    return this.#words[position % 4] as number;
  }

  /** Next integer in [0, 2^32). */
  uint32(): number {
    return this.at(this.#position++);
  }

  /** Next number in [0, 1) with 53 random bits (two positions). */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** Next integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Next standard normal number (Box–Muller, four positions). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  state(): number {
    return this.#position;
  }

  restore(position: number): void {
    this.#position = position;
  }
}
