// Matrices and settings that Muon is tested at, two steps each.

const settings = { learningRate: 1e-2, weightDecay: 0.1, momentum: 0.95 };

export interface MuonCase {
  readonly id: string;
  readonly rows: number;
  readonly cols: number;
  /** Where the matrices begin in the slab, in elements. */
  readonly offsets: readonly number[];
  /** Multiplies the gradient. */
  readonly factor: number;
  readonly settings: typeof settings;
}

export const muonCases: readonly MuonCase[] = [
  { id: 'one-element', rows: 1, cols: 1, offsets: [0], factor: 1, settings },
  { id: 'row', rows: 1, cols: 7, offsets: [3], factor: 1, settings },
  { id: 'column', rows: 9, cols: 1, offsets: [0, 10], factor: 1, settings },
  { id: 'odd-wide', rows: 5, cols: 17, offsets: [1, 90], factor: 0.5, settings },
  { id: 'odd-tall', rows: 19, cols: 6, offsets: [0, 115, 230], factor: 0.5, settings },
  { id: 'square', rows: 16, cols: 16, offsets: [256, 4096], factor: 0.01, settings },
  { id: 'two-parts', rows: 3, cols: 500, offsets: [1, 1510], factor: 1, settings },
  {
    id: 'no-momentum',
    rows: 8,
    cols: 12,
    offsets: [0],
    factor: 1,
    settings: { ...settings, momentum: 0 },
  },
  {
    id: 'not-decayed',
    rows: 8,
    cols: 4,
    offsets: [0],
    factor: 1,
    settings: { ...settings, weightDecay: 0 },
  },
];
