// Colours that stay apart for every kind of colour blindness (after Okabe and Ito) and, by their lightness, on a grey printer.

/** No two are equally light; those of the first four series are far apart. */
const SERIES = ['#0072B2', '#E69F00', '#009E73', '#7A3F9D', '#D55E00', '#7CC7F2', '#D98BB5'];

/** The dark end of each family of shades; on it white text is read. */
const FAMILIES = [
  '#0A67A3',
  '#B04A00',
  '#86305F',
  '#0B6B55',
  '#85651F',
  '#5A4DA3',
  '#4A6B7D',
  '#A03A3A',
  '#9C4F8C',
  '#2F7FB8',
  '#666B72',
];

export type Rgb = readonly [number, number, number];

/** Colours for n things drawn side by side; from the eighth on they repeat, told apart by dashes or marks. */
export function seriesColor(index: number): string {
  return SERIES[index % SERIES.length] as string;
}

/** How many colours there are. */
export const seriesColors = SERIES.length;

/** @param shade - of `shades` in the family: 0 is the darkest. */
export function familyColor(family: number, shade: number, shades: number): string {
  const dark = rgbOf(FAMILIES[family % FAMILIES.length] as string);
  const share = (0.7 * shade) / Math.max(3, shades - 1);
  const mix = (c: 0 | 1 | 2) => Math.round(dark[c] + (255 - dark[c]) * share);
  return cssColor([mix(0), mix(1), mix(2)]);
}

/** Lines drawn over a heat map, on a dark edge. */
export function overlayColor(index: number): string {
  return ['#ffffff', '#ff8c42', '#ff6ad5'][index % 3] as string;
}

/** CIE lightness L*, 0 (black) to 100 (white). */
export function lightness(color: string): number {
  const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = rgbOf(color).map((c) => linear(c / 255)) as [number, number, number];
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (24389 / 27) * y;
}

/** Black or white: what can be read on the colour. */
export const inkOn = (color: string): string => (lightness(color) > 58 ? '#000000' : '#ffffff');

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

const rgbOf = (color: string): Rgb => {
  const at = (from: number) => Number.parseInt(color.slice(from, from + 2), 16);
  return [at(1), at(3), at(5)];
};
