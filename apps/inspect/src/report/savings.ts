// What each rule keeps of each head, and what that costs in attention mass.

import { heatmap, type Section } from '@vulpes/charts';
import type { ModelInspection } from '../inspection/inspection.ts';
import { listHeads, mass, percent, sumByLayer } from './heads.ts';

/** Heads or layers beside each other of which each share is written down. */
const MOST_WRITTEN = 12;

export function savingSection(inspection: ModelInspection): Section {
  const { layers, numHeads, blocks, seqLen, logPruningTolerance, positions } = inspection;
  const valuesOf = (rule: 'paper' | 'certified') =>
    listHeads(inspection).map((head) => (100 * head[rule].keptBlocks) / head[rule].visibleBlocks);
  const svg = heatmap({
    title: 'Attention blocks that each rule keeps',
    subtitle: `of all causal blocks of ${blocks.blockM} × ${blocks.blockN} tokens, T = ${seqLen}, log ε = ${logPruningTolerance}; dense attention keeps 100%`,
    x: {
      label: 'head',
      domain: [0, numHeads],
      names: Array.from({ length: numHeads }, (_, head) => String(head)),
    },
    y: {
      label: 'layer',
      domain: [0, layers.length],
      names: layers.map(({ layer }) => String(layer)),
    },
    color: { label: '% kept', domain: [0, 100] },
    columns: numHeads,
    ...(numHeads <= MOST_WRITTEN &&
      layers.length <= MOST_WRITTEN && { formatCell: (share: number) => share.toFixed(0) }),
    panels: [
      { name: 'paper', values: valuesOf('paper') },
      { name: 'certified', values: valuesOf('certified') },
    ],
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
      rows: sumByLayer(inspection).map(toRow),
    },
  };
}

const toRow = (line: ReturnType<typeof sumByLayer>[number]): string[] => {
  const { name, dense, paper, certified, paperLost, certifiedLost } = line;
  return [
    name,
    ...[dense, paper, certified].map((count) => count.toLocaleString('en-US')),
    ...[percent(paper, dense), percent(certified, dense), (certified / paper).toFixed(3)],
    ...[mass(paperLost), mass(certifiedLost)],
  ];
};
