// The loss curve of a run: training loss with its spread, and held-out loss.

import { lineChart } from '@vulpes/charts';
import type { Metrics } from '@vulpes/training';

/** A line with more points than this is no clearer. */
const MAX_POINTS = 100;

/** SVG text; null for a run without a loss. */
export function drawLossCurve(metrics: readonly Metrics[]): string | null {
  const steps = metrics.filter((line) => line.type === 'step');
  const size = Math.max(1, Math.ceil(steps.length / MAX_POINTS));
  const groups = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  );
  const training = groups.map((group) => {
    const losses = group.map(({ loss }) => loss);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const spread = { low: Math.min(...losses), high: Math.max(...losses) };
    return { x: group.at(-1)?.step ?? 0, y: mean, ...(size > 1 && spread) };
  });
  const heldOut = metrics
    .filter((line) => line.type === 'evaluation')
    .map(({ step, heldOutLoss }) => ({ x: step, y: heldOutLoss }));
  const series = [
    { name: size === 1 ? 'training' : `training, ${size} steps a point`, points: training },
    { name: 'held out', points: heldOut },
  ].filter(({ points }) => points.length > 0);
  if (series.length === 0) return null;
  const losses = [...steps.map(({ loss }) => loss), ...heldOut.map(({ y }) => y)];
  return lineChart({
    title: 'Loss',
    ...(size > 1 && {
      subtitle: 'Training: mean of the steps of a point; band: lowest to highest.',
    }),
    x: { label: 'step' },
    y: { label: 'loss', unit: 'nats per byte', domain: roundOut(losses) },
    series,
  });
}

/** The range of the values, out to the next halves. */
function roundOut(values: readonly number[]): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((most, value) => Math.max(most, value));
  return [Math.floor(2 * low) / 2, Math.floor(2 * high + 1) / 2];
}
