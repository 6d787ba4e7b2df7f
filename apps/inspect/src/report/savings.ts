// What each rule keeps of each head, and what that costs in attention mass.

import { barChart, type Section } from '@vulpes/charts';
import type { HeadPruning, ModelInspection } from '../inspection/inspection.ts';
import { listHeads, mass, percent, sumHeads } from './heads.ts';

export function savingSection(inspection: ModelInspection): Section {
  const { layers, blocks, seqLen, logPruningTolerance, positions } = inspection;
  const share = ({ keptBlocks, visibleBlocks }: HeadPruning) => (100 * keptBlocks) / visibleBlocks;
  const svg = barChart({
    title: 'Attention blocks that each rule keeps',
    subtitle: `of all causal blocks of ${blocks.blockM} × ${blocks.blockN} tokens, T = ${seqLen}, log ε = ${logPruningTolerance}; dense attention keeps 100%`,
    groupLabel: 'head',
    y: { label: 'kept', unit: '%', domain: [0, 100] },
    series: ['paper', 'certified'],
    rows: layers.map(({ layer, heads }) => ({
      name: `layer ${layer}`,
      groups: heads.map(({ head, paper, certified }) => ({
        name: String(head),
        values: [share(paper), share(certified)],
      })),
    })),
  });
  return {
    heading: 'What pruning saves',
    text: `Each rule drops whole blocks of the attention matrix so that no row loses more than ε = ${mass(Math.exp(logPruningTolerance))} of its attention mass. The paper's rule compares the decay of a block with a threshold known beforehand; the certified rule walks from the diagonal to the left and stops by the log-sum-exp it has found. The mass truly lost is computed in f64 on ${positions.length} rows of each head; the table gives the largest.`,
    svg,
    table: {
      columns: [
        'layer',
        'dense',
        'paper',
        'certified',
        'paper keeps',
        'certified keeps',
        'certified / paper',
        'lost (paper)',
        'lost (certified)',
      ],
      rows: rowsOf(inspection),
    },
  };
}

function rowsOf(inspection: ModelInspection): (string | number)[][] {
  const heads = listHeads(inspection);
  const row = (name: string, chosen: typeof heads) => {
    const { dense, paper, certified, paperLost, certifiedLost } = sumHeads(chosen);
    const counts = [dense, paper, certified].map((count) => count.toLocaleString('en-US'));
    const shares = [percent(paper, dense), percent(certified, dense)];
    return [
      name,
      ...counts,
      ...shares,
      (certified / paper).toFixed(3),
      mass(paperLost),
      mass(certifiedLost),
    ];
  };
  return [
    ...inspection.layers.map(({ layer }) =>
      row(
        String(layer),
        heads.filter((head) => head.layer === layer),
      ),
    ),
    row('all', heads),
  ];
}
