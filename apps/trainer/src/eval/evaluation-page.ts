// The page of an evaluation: loss by position, needle in a haystack, tasks, and the numbers.

import { heatmap, htmlPage, lineChart, rowBars, type Section } from '@vulpes/charts';
import { formatInteger, formatPercent } from '@vulpes/cli-kit';
import {
  type EvaluationReport,
  FIRST_DRAWN,
  movingAverage,
  type NeedleResult,
} from '@vulpes/training';

/** A line with more points than this is no clearer. */
const MAX_POINTS = 400;

/** @param subtitle - what was evaluated, and on which machine */
export const evaluationPage = (report: EvaluationReport, subtitle: string): string =>
  htmlPage({
    title: 'Evaluation',
    subtitle,
    sections: [
      heldOutSection(report),
      positionSection(report),
      ...(report.needle.length > 0 ? [needleSection(report.needle)] : []),
      ...(report.tasks.length > 0 ? [taskSection(report)] : []),
    ],
  });

function heldOutSection({ heldOut, notes }: EvaluationReport): Section {
  const { loss, perplexity, bitsPerByte, tokens } = heldOut;
  return {
    heading: 'Held-out loss',
    text: [`At the length of training, over ${formatInteger(tokens)} tokens.`, ...notes].join(
      '\n\n',
    ),
    table: {
      columns: ['nats a token', 'perplexity', 'bits per byte'],
      rows: [[loss.toFixed(4), perplexity.toFixed(3), bitsPerByte.toFixed(4)]],
    },
  };
}

function positionSection({ positions, contextLength }: EvaluationReport): Section {
  const { loss, texts, length, window, perplexity } = positions;
  const smooth = movingAverage(loss, window);
  const first = smooth.length > 2 * FIRST_DRAWN ? FIRST_DRAWN : 1;
  const step = Math.max(1, Math.ceil((smooth.length - first) / MAX_POINTS));
  const points = smooth.flatMap((y, i) =>
    i + 1 >= first && (i + 1 - first) % step === 0 ? [{ x: i + 1, y }] : [],
  );
  return {
    heading: 'Loss by position',
    text: `The mean over ${texts} held-out texts of ${formatInteger(length)} tokens, as a centred moving average over ${window} positions. Training was on ${formatInteger(contextLength)} tokens: what is to the right of that says how the model reads longer texts. Perplexity is that of all tokens up to the length.`,
    svg: lineChart({
      title: 'Loss by position',
      x: { label: 'position', unit: 'tokens' },
      y: { label: 'loss', unit: 'nats a token' },
      series: [{ name: 'loss', points }, ...trainingLength(contextLength, points)],
      dots: false,
    }),
    table: {
      columns: ['length', 'perplexity'],
      rows: perplexity.map(({ length, perplexity }) => [length, perplexity.toFixed(3)]),
    },
  };
}

/** An upright line at the length of training, where it is within the picture. */
function trainingLength(contextLength: number, points: readonly { x: number; y: number }[]) {
  const isWithin =
    points.some(({ x }) => x < contextLength) && points.some(({ x }) => x > contextLength);
  const heights = points.map(({ y }) => y);
  const ends = [Math.min(...heights), Math.max(...heights)].map((y) => ({ x: contextLength, y }));
  return isWithin ? [{ name: 'length of training', points: ends }] : [];
}

function needleSection(results: readonly NeedleResult[]): Section {
  const modes = [...new Set(results.map(({ mode }) => mode))];
  const lengths = [...new Set(results.map(({ length }) => length))];
  const depths = [...new Set(results.map(({ depth }) => depth))];
  const gainOf = ({ loss, lossWithout }: NeedleResult) => lossWithout - loss;
  const panels = modes.map((mode) => ({
    name: mode,
    values: depths.flatMap((depth) =>
      lengths.map((length) => {
        const cell = results.find(
          (one) => one.mode === mode && one.length === length && one.depth === depth,
        );
        return cell ? gainOf(cell) : 0;
      }),
    ),
  }));
  const most = Math.max(0.1, ...results.map(gainOf));
  const found = results.filter(({ written }) => written === 1).length;
  return {
    heading: 'Needle in a haystack',
    text: `How many nats a token of the answer the needle saves, against the same haystack without it. Greedy generation wrote the whole answer in ${found} of ${results.length} places. Easy: the needle holds question and answer; standard: the answer alone.`,
    svg: heatmap({
      title: 'What the needle saves',
      x: {
        label: 'length',
        unit: 'tokens',
        domain: [0, lengths.length],
        names: lengths.map(String),
      },
      y: { label: 'depth', domain: [0, depths.length], names: depths.map(formatPercent) },
      color: { label: 'nats a token', domain: [0, most] },
      columns: lengths.length,
      formatCell: (value) => value.toFixed(2),
      panels,
    }),
  };
}

function taskSection({ tasks }: EvaluationReport): Section {
  const chance = tasks[0]?.chance ?? 0;
  return {
    heading: 'Tasks',
    text: `Share of the examples whose right answer is the likeliest of ${Math.round(1 / chance)}; guessing gives ${formatPercent(chance)}.`,
    svg: rowBars({
      title: 'Right answers',
      x: { label: 'share', domain: [0, 1] },
      rows: tasks.map(({ name, accuracy }) => ({
        group: name,
        name: 'model',
        kind: 'model',
        value: accuracy,
      })),
    }),
    table: {
      columns: ['task', 'right', 'examples', 'what is asked'],
      rows: tasks.map(({ name, accuracy, examples, summary }) => [
        ...[name, formatPercent(accuracy), examples, summary],
      ]),
    },
  };
}
