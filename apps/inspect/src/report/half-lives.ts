// How long heads remember: half-lives of their gates, head by head and all together.

import { formatNumber, lineChart, rowBars, type Section } from '@vulpes/charts';
import { MAX_HALF_LIFE, quantilesAt, toHalfLives } from '../inspection/half-life.ts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { chooseSpreadHeads, listHeads, type NamedHead, percent, sortByHalfLife } from './heads.ts';

/** Of more heads than twice as many, so many longest and shortest memories are drawn. */
const ROWS = 24;
const LISTED = 5;
const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9] as const;
/** Heads that have a line of their own. */
const CHOSEN = 4;
const axis = { label: 'half-life', unit: 'tokens', scale: 'log' } as const;

export function halfLifeSections(inspection: ModelInspection): Section[] {
  const heads = listHeads(inspection);
  return [
    {
      heading: 'Half-lives of the gates',
      text: `A gate f lets f of everything before it survive: kept up, half would be left after log 2 / −log f tokens. Gates change from token to token; the half-life of a head is that of its mean log gate. Gates of exactly 1 count as ${formatNumber(MAX_HALF_LIFE)} tokens.`,
      svg: [headPicture(heads), allPicture(heads)],
      table: {
        columns: [
          'longest and shortest memories',
          'half-life',
          'median gate',
          'p10',
          'p90',
          'paper keeps',
          'certified keeps',
        ],
        rows: ends(sortByHalfLife(heads), LISTED).map(rowOf),
      },
    },
  ];
}

function headPicture(heads: readonly NamedHead[]): string {
  const drawn = heads.length <= 2 * ROWS ? heads : ends(sortByHalfLife(heads), ROWS);
  return rowBars({
    title: 'Half-lives of the gates of each head',
    subtitle: `dot and number: median over the tokens; thick: middle half; thin: p10 to p90${drawn.length < heads.length ? `; the ${ROWS} longest and the ${ROWS} shortest of ${heads.length} heads` : ''}`,
    x: axis,
    rows: drawn.map(({ name, layer, logFgate }) => {
      const [p10, p25, value, p75, p90] = quantilesAt(toHalfLives(logFgate), QUANTILES);
      return { group: `layer ${layer}`, name, kind: 'median', value, spread: [p10, p25, p75, p90] };
    }),
  });
}

/** The share of gates with at most each half-life, of all heads and of some that differ. */
function allPicture(heads: readonly NamedHead[]): string {
  const shares = Array.from({ length: 101 }, (_, percent) => percent / 100);
  const toLine = (name: string, lives: Float64Array) => ({
    name,
    points: quantilesAt(lives, shares).map((x, percent) => ({ x, y: percent })),
  });
  const all = heads.flatMap(({ logFgate }) => Array.from(toHalfLives(logFgate)));
  return lineChart({
    title: 'Half-lives of all gates',
    subtitle: `${heads.length} heads, every token`,
    x: axis,
    y: { label: 'gates with at most this half-life', unit: '%', domain: [0, 100] },
    series: [
      toLine('all heads', Float64Array.from(all)),
      ...chooseSpreadHeads(heads, CHOSEN).map((head) =>
        toLine(head.name, toHalfLives(head.logFgate)),
      ),
    ],
  });
}

const ends = <T>(sorted: readonly T[], count: number) =>
  sorted.length <= 2 * count ? sorted : [...sorted.slice(0, count), ...sorted.slice(-count)];

function rowOf(head: NamedHead): (string | number)[] {
  const [p10, , median, , p90] = quantilesAt(toHalfLives(head.logFgate), QUANTILES);
  const kept = [head.paper, head.certified].map((rule) =>
    percent(rule.keptBlocks, rule.visibleBlocks),
  );
  return [head.name, ...[head.halfLife, median, p10, p90].map(formatNumber), ...kept];
}
