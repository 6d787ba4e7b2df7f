// An evaluation in lines for a terminal.

import { formatInteger, formatPercent } from '@vulpes/cli-kit';
import type { EvaluationReport, NeedleResult } from '@vulpes/training';

export function evaluationLines(report: EvaluationReport): string[] {
  const { heldOut, positions, needle, tasks, notes } = report;
  const { loss, perplexity, bitsPerByte, tokens } = heldOut;
  const lengths = positions.perplexity.map(
    ({ length, perplexity }) => `${formatInteger(length)}: ${perplexity.toFixed(3)}`,
  );
  const modes = [...new Set(needle.map(({ mode }) => mode))];
  return [
    `Held-out loss        ${loss.toFixed(4)} nats a token, perplexity ${perplexity.toFixed(3)}, ${bitsPerByte.toFixed(4)} bits per byte (${formatInteger(tokens)} tokens)`,
    `Perplexity up to     ${lengths.join(', ')} (${positions.texts} texts)`,
    ...modes.map((mode) => needleLine(mode, needle)),
    ...tasks.map(
      ({ name, accuracy, chance, examples }) =>
        `Task ${name.padEnd(15)} ${formatPercent(accuracy)} of ${examples} (guessing: ${formatPercent(chance)})`,
    ),
    ...notes,
  ];
}

function needleLine(mode: string, results: readonly NeedleResult[]): string {
  const own = results.filter((result) => result.mode === mode);
  const found = own.filter(({ written }) => written === 1).length;
  const gain = own.reduce((sum, { loss, lossWithout }) => sum + lossWithout - loss, 0) / own.length;
  return `Needle, ${mode.padEnd(12)} found in ${found} of ${own.length} places; it saves ${gain.toFixed(3)} nats a token of the answer`;
}
