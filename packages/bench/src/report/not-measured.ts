// What was not measured, in lines: one for the cases that the time budget left out, one with a reason for each other case.

import type { BenchReport, NotMeasured, NotMeasuredKind } from '../schema.ts';
import { counted } from './format.ts';
import { OURS } from './report.ts';

const WORDS: Record<NotMeasuredKind, string> = {
  'left-out': 'left out: ',
  'did-not-fit': 'did not fit: ',
  failed: 'failed: ',
  unsupported: '',
};

/** `did not fit: it needs 3 GB` */
export const formatReason = ({ kind, why }: Pick<NotMeasured, 'kind' | 'why'>): string =>
  `${WORDS[kind]}${why}`;

/** Ours are only left out by the time budget. */
const isOverBudget = ({ runner, kind }: NotMeasured): boolean =>
  runner === OURS && kind === 'left-out';

/** `vulpes, 3 cases left out by the time budget of 85 s: 2 matmul/forward, 1 train-step/step`; `vulpes, matmul/forward M64: did not fit: …` */
export function listNotMeasured({
  notMeasured,
  settings,
}: Pick<BenchReport, 'notMeasured' | 'settings'>): string[] {
  const over = notMeasured.filter(isOverBudget).map(({ case: id }) => id);
  const others = notMeasured.filter((entry) => !isOverBudget(entry));
  const budget = `${OURS}, ${counted(over.length, 'case')} left out by the time budget of ${settings.budgetSeconds} s`;
  return [
    ...(over.length > 0 ? [`${budget}: ${countKinds(over)}`] : []),
    ...others.map((entry) => `${entry.runner}, ${entry.case}: ${formatReason(entry)}`),
  ];
}

/** Cases by what they do, not by size: `2 matmul/forward, 1 train-step/step`. */
function countKinds(ids: readonly string[]): string {
  const kinds = new Map<string, number>();
  for (const id of ids) {
    const kind = id.split(' ')[0] as string;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, number]) => `${number} ${kind}`).join(', ');
}
