// The short table on the terminal: a line a layer.

import { formatNumber } from '@vulpes/charts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { mass, percent, sumByLayer } from './heads.ts';

const COLUMNS = [
  'layer',
  'blocks',
  'paper keeps',
  'certified keeps',
  'true mass lost',
  'half-lives (tokens)',
];

export function summaryTable(inspection: ModelInspection): string {
  const lines = sumByLayer(inspection).map(toRow);
  const table = [COLUMNS, ...(lines.length > 2 ? lines : lines.slice(0, 1))];
  const widths = COLUMNS.map((_, i) => Math.max(...table.map((row) => (row[i] as string).length)));
  return table
    .map((row) => row.map((cell, i) => cell.padStart(widths[i] as number)).join('   '))
    .join('\n');
}

function toRow(line: ReturnType<typeof sumByLayer>[number]): string[] {
  const { name, heads, dense, paper, certified, paperLost, certifiedLost } = line;
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
