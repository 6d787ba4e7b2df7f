// The short table on the terminal: a line a layer.

import { formatNumber } from '@vulpes/charts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { listHeads, mass, type NamedHead, percent, sumHeads } from './heads.ts';

const COLUMNS = [
  'layer',
  'blocks',
  'paper keeps',
  'certified keeps',
  'true mass lost',
  'half-lives (tokens)',
];

export function summaryTable(inspection: ModelInspection): string {
  const heads = listHeads(inspection);
  const rows = inspection.layers.map(({ layer }) =>
    rowOf(
      String(layer),
      heads.filter((head) => head.layer === layer),
    ),
  );
  const all = rows.length > 1 ? [rowOf('all', heads)] : [];
  const table = [COLUMNS, ...rows, ...all];
  const widths = COLUMNS.map((_, i) => Math.max(...table.map((row) => (row[i] as string).length)));
  return table
    .map((row) => row.map((cell, i) => cell.padStart(widths[i] as number)).join('   '))
    .join('\n');
}

function rowOf(name: string, heads: readonly NamedHead[]): string[] {
  const { dense, paper, certified, paperLost, certifiedLost } = sumHeads(heads);
  const lives = heads.map(({ halfLife }) => halfLife);
  return [
    name,
    dense.toLocaleString('en-US'),
    percent(paper, dense),
    percent(certified, dense),
    `${mass(paperLost)}, ${mass(certifiedLost)}`,
    `${formatNumber(Math.min(...lives))} … ${formatNumber(Math.max(...lives))}`,
  ];
}
