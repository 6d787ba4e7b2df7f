// The page of a run, from the lines of its metrics: what has been so far, be it finished or at work.

import { htmlPage, lineChart, type Section } from '@vulpes/charts';
import { formatInteger } from '@vulpes/cli-kit';
import type { Metrics, RunDescription, StepMetrics } from '@vulpes/training';
import { drawLossCurve } from '../loss-curve.ts';

/** A line with more points than this is no clearer. */
const MAX_POINTS = 100;

interface Curve {
  readonly heading: string;
  readonly text: string;
  readonly y: { readonly label: string; readonly unit?: string };
  /** null where a step has no such number. */
  readonly read: (step: StepMetrics) => number | null | undefined;
}

const curves: readonly Curve[] = [
  {
    heading: 'Learning rate',
    text: 'Of each update.',
    y: { label: 'learning rate' },
    read: ({ learningRate }) => learningRate,
  },
  {
    heading: 'Gradient norm',
    text: 'Before it is clipped. Updates that were skipped have none.',
    y: { label: 'norm' },
    read: ({ gradNorm }) => gradNorm,
  },
  {
    heading: 'Speed',
    text: 'Tokens of an update by the time that it took on the clock.',
    y: { label: 'tokens a second' },
    read: ({ tokensPerSecond }) => tokensPerSecond,
  },
  {
    heading: 'Share of attention that pruning skipped',
    text: 'Of the causal blocks of each update, over all layers and heads.',
    y: { label: 'share', unit: '%' },
    read: ({ prunedShare }) => (prunedShare === null ? null : 100 * prunedShare),
  },
  {
    heading: 'Loss scale',
    text: 'Of mixed precision: what the loss is multiplied by for backward.',
    y: { label: 'loss scale' },
    read: ({ lossScale }) => lossScale,
  },
];

/** @param folder - for the title. @returns null before the first step */
export function runPage(
  folder: string,
  run: RunDescription,
  metrics: readonly Metrics[],
): string | null {
  const steps = metrics.filter((line) => line.type === 'step');
  const [last, loss] = [steps.at(-1), drawLossCurve(metrics)];
  if (!last || loss === null) return null;
  const { steps: total } = run.settings;
  return htmlPage({
    title: `Run ${folder}`,
    subtitle: `Preset ${run.preset}, ${run.settings.optimizer}; step ${formatInteger(last.step)} of ${formatInteger(total)}, ${formatInteger(last.tokens)} tokens`,
    sections: [
      { heading: 'Loss', svg: loss, table: latestTable(last, metrics) },
      ...curves.flatMap((curve) => curveSection(curve, steps)),
    ],
  });
}

function latestTable(last: StepMetrics, metrics: readonly Metrics[]) {
  const heldOut = metrics.filter((line) => line.type === 'evaluation');
  const best = Math.min(...heldOut.map(({ heldOutLoss }) => heldOutLoss));
  const newest = heldOut.at(-1)?.heldOutLoss;
  return {
    columns: ['', 'nats a token'],
    rows: [
      ['training, last step', last.loss.toFixed(4)],
      ...(newest === undefined
        ? []
        : [
            ['held out, newest', newest.toFixed(4)],
            ['held out, best', best.toFixed(4)],
          ]),
    ],
  };
}

/** Means over equally many steps each; no section where no step has the number. */
function curveSection({ heading, text, y, read }: Curve, steps: readonly StepMetrics[]): Section[] {
  const size = Math.max(1, Math.ceil(steps.length / MAX_POINTS));
  const points = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  ).flatMap((group) => {
    const values = group.map(read).filter((value) => typeof value === 'number');
    const sum = values.reduce((total, value) => total + value, 0);
    return values.length > 0 ? [{ x: group.at(-1)?.step ?? 0, y: sum / values.length }] : [];
  });
  if (points.length === 0) return [];
  const means = size === 1 ? '' : ` Each point is the mean of ${size} steps.`;
  const svg = lineChart({
    title: heading,
    x: { label: 'step' },
    y,
    series: [{ name: y.label, points }],
    dots: false,
  });
  return [{ heading, text: `${text}${means}`, svg }];
}
