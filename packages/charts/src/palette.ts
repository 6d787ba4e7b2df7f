// Colours that stay apart for every kind of colour blindness (after Okabe and Ito) and, by their lightness, on a grey printer.

/** No two are equally light; those of the first four series are far apart. */
const SERIES = ['#0072B2', '#E69F00', '#009E73', '#7A3F9D', '#D55E00', '#7CC7F2', '#D98BB5'];

/** Colours for n things drawn side by side; from the eighth on they repeat, told apart by dashes or marks. */
export function seriesColor(index: number): string {
  return SERIES[index % SERIES.length] as string;
}

/** Lines drawn over a heat map, on a dark edge. */
export function overlayColor(index: number): string {
  return ['#ffffff', '#ff8c42', '#ff6ad5'][index % 3] as string;
}
