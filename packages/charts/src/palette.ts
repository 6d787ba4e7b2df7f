// Colours that stay apart for every kind of colour blindness (after Okabe and Ito) and, by their lightness, on a grey printer.

/** No two are equally light; those of the first four series are far apart. */
const SERIES = ['#0072B2', '#E69F00', '#009E73', '#7A3F9D', '#D55E00', '#7CC7F2', '#D98BB5'];

export type Rgb = readonly [number, number, number];

/** Colours for n things drawn side by side; from the eighth on they repeat, told apart by dashes or marks. */
export function seriesColor(index: number): string {
  return SERIES[index % SERIES.length] as string;
}

/** Lines drawn over a heat map, on a dark edge. */
export function overlayColor(index: number): string {
  return ['#ffffff', '#ff8c42', '#ff6ad5'][index % 3] as string;
}

/** Anchors of the viridis map, dark to light: evenly spaced in lightness, so it survives a grey printer. */
const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [109, 205, 89],
  [180, 222, 44],
  [253, 231, 37],
] as const;

/** @param share - 0 (dark) to 1 (light). */
export function rampColor(share: number): Rgb {
  const place = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const index = Math.min(VIRIDIS.length - 2, Math.floor(place));
  const [from, to] = [VIRIDIS[index] as Rgb, VIRIDIS[index + 1] as Rgb];
  const mix = (c: 0 | 1 | 2) => Math.round(from[c] + (to[c] - from[c]) * (place - index));
  return [mix(0), mix(1), mix(2)];
}

export const cssColor = ([r, g, b]: Rgb): string =>
  `#${[r, g, b].map((c) => c.toString(16).padStart(2, '0')).join('')}`;
