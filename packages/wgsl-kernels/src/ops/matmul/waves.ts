// How long a product takes on a GPU that runs its workgroups in waves, and the tile and parts of K that take least. Pure.

/** Tile of C that a workgroup owns, and its speed. */
export interface WaveTile {
  readonly tileM: number;
  readonly tileN: number;
  /** Ranks of K that a workgroup takes at once. */
  readonly sliceK: number;
  /** Workgroups that a core of a GPU holds at once: memory and registers allow no more. */
  readonly resident: number;
  /** Clocks for a slice of K on a core of an H100: of each workgroup on a full core, and at least. */
  readonly sliceClocks: number;
  readonly minSliceClocks: number;
}

/** How a product is divided. */
export interface WavePlan<T extends WaveTile> {
  readonly tile: T;
  /** Parts of K. */
  readonly splits: number;
}

interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
}

/** Ranks of one split, a multiple of `step`. */
export const kPerSplit = (k: number, splits: number, step = 4): number =>
  Math.ceil(k / splits / step) * step;

/** Cores of a GPU: of an H100, as adapters do not tell theirs. */
const CORES = 132;
/** Clocks before the first and after the last slice of a workgroup, and of one more launch. */
const EDGE_CLOCKS = 10_000;
const LAUNCH_CLOCKS = 4000;
/** Memory traffic of the whole GPU. */
const BYTES_PER_CLOCK = 2200;
const MAX_SPLITS = 64;
/** Ranks that are worth a workgroup of their own. */
const MIN_RANKS = 128;

/** Clocks of a product: the last wave may leave cores empty, and costs what its fullest core does. */
export function productClocks(sizes: Sizes, { tile, splits }: WavePlan<WaveTile>): number {
  const { m, n, k, batch } = sizes;
  const groups = Math.ceil(m / tile.tileM) * Math.ceil(n / tile.tileN) * batch * splits;
  const slices = kPerSplit(k, splits, tile.sliceK) / tile.sliceK;
  const waveClocks = (resident: number) =>
    slices * Math.max(resident * tile.sliceClocks, tile.minSliceClocks) + EDGE_CLOCKS;
  const wave = CORES * tile.resident;
  const rest = groups % wave;
  const clocks =
    Math.floor(groups / wave) * waveClocks(tile.resident) +
    (rest > 0 ? waveClocks(Math.ceil(rest / CORES)) : 0);
  return clocks + (splits > 1 ? splitClocks(sizes, splits) : 0);
}

/** Partial sums are written, read, and added to C. */
const splitClocks = ({ m, n, batch }: Sizes, splits: number): number =>
  LAUNCH_CLOCKS + (m * n * batch * 4 * (2 * splits + 1)) / BYTES_PER_CLOCK;

/** Parts that leave none of them empty, at most as many as wanted. */
export function wholeSplits(k: number, wanted: number, sliceK: number): number {
  const slices = Math.ceil(k / sliceK);
  return Math.ceil(slices / Math.ceil(slices / Math.min(wanted, slices)));
}

/** Every number of parts that leaves none of them empty. */
function listSplits(k: number, sliceK: number): number[] {
  const most = Math.max(1, Math.min(MAX_SPLITS, Math.floor(k / MIN_RANKS)));
  const counts = Array.from({ length: most }, (_, index) => wholeSplits(k, index + 1, sliceK));
  return [...new Set(counts)];
}

/** By tiles and sizes: a launch of a kind that was planned before costs no planning. */
const plans = new WeakMap<readonly WaveTile[], Map<string, WavePlan<WaveTile>>>();
const MAX_PLANS = 4096;

/** The cheapest tile and number of splits. */
export function planProduct<T extends WaveTile>(sizes: Sizes, tiles: readonly T[]): WavePlan<T> {
  const known = plans.get(tiles) ?? new Map<string, WavePlan<WaveTile>>();
  plans.set(tiles, known);
  const key = `${sizes.m} ${sizes.n} ${sizes.k} ${sizes.batch}`;
  const plan = known.get(key) ?? (rankPlans(sizes, tiles)[0] as WavePlan<T>);
  if (known.size >= MAX_PLANS) known.clear();
  known.set(key, plan);
  return plan as WavePlan<T>;
}

/** Plans in the order of their clocks. */
export function rankPlans<T extends WaveTile>(sizes: Sizes, tiles: readonly T[]): WavePlan<T>[] {
  const plans = tiles.flatMap((tile) =>
    listSplits(sizes.k, tile.sliceK).map((splits) => ({ tile, splits })),
  );
  return plans
    .map((plan) => ({ plan, clocks: productClocks(sizes, plan) }))
    .sort((a, b) => a.clocks - b.clocks)
    .map(({ plan }) => plan);
}
