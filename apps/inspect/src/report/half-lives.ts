// How long heads remember: half-lives of their gates, head by head and all together.

import { formatNumber, histogram, intervalPlot, type Section } from '@vulpes/charts';
import { computeQuantiles, MAX_HALF_LIFE, toHalfLives } from '../inspection/half-life.ts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { listHeads, type NamedHead, percent, sortByHalfLife } from './heads.ts';

/** Rows of one picture; of more heads, the longest and the shortest memories are drawn. */
const MAX_ROWS = 48;
const LISTED = 5;
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
        rows: extremes(sortByHalfLife(heads)).map(rowOf),
      },
    },
  ];
}

function headPicture(heads: readonly NamedHead[]): string {
  const half = MAX_ROWS / 2;
  const sorted = sortByHalfLife(heads);
  const drawn =
    heads.length <= MAX_ROWS ? heads : [...sorted.slice(0, half), ...sorted.slice(-half)];
  return intervalPlot({
    title: 'Half-lives of the gates of each head',
    subtitle: `dot: median over the tokens; thick: middle half; thin: p10 to p90${drawn.length < heads.length ? `; the ${half} longest and the ${half} shortest of ${heads.length} heads` : ''}`,
    x: axis,
    rows: drawn.map((head) => ({
      name: head.name,
      group: `layer ${head.layer}`,
      ...computeQuantiles(toHalfLives(head.logFgate)),
    })),
  });
}

const allPicture = (heads: readonly NamedHead[]): string =>
  histogram({
    title: 'Half-lives of all gates',
    subtitle: `${heads.length} heads, every token`,
    x: axis,
    countLabel: 'gates',
    values: heads.flatMap(({ logFgate }) => Array.from(toHalfLives(logFgate))),
  });

const extremes = (sorted: readonly NamedHead[]) =>
  sorted.length <= 2 * LISTED ? sorted : [...sorted.slice(0, LISTED), ...sorted.slice(-LISTED)];

function rowOf(head: NamedHead): (string | number)[] {
  const { p10, median, p90 } = computeQuantiles(toHalfLives(head.logFgate));
  const kept = [head.paper, head.certified].map((rule) =>
    percent(rule.keptBlocks, rule.visibleBlocks),
  );
  return [head.name, ...[head.halfLife, median, p10, p90].map(formatNumber), ...kept];
}
