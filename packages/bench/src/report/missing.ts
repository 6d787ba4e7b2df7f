// What was not measured, in lines: cases that the time budget left out share one, the others have a line and a reason each.

import { count } from './format.ts';
import type { NotMeasured } from './measurement.ts';

const LEFT_OUT = 'left out by the time budget of ';

/** Why a case was left out; both in seconds. */
export const leftOut = (budget: number, { needed, left }: { needed: number; left: number }) =>
  `${LEFT_OUT}${budget} s: it needs about ${Math.ceil(needed)} s, ${Math.max(0, Math.floor(left))} s were left`;

/** `vulpes, 3 cases left out by the time budget of 85 s: 2 matmul/forward, 1 train-step/step`; `vulpes, matmul/forward M64: did not fit` */
export function missingLines(notMeasured: readonly NotMeasured[]): string[] {
  const isLeftOut = ({ why }: NotMeasured): boolean => why.startsWith(LEFT_OUT);
  const others = notMeasured.filter((entry) => !isLeftOut(entry));
  return [
    ...leftOutLine(notMeasured.filter(isLeftOut)),
    ...others.map(({ runner, case: id, why }) => `${runner}, ${id}: ${why}`),
  ];
}

function leftOutLine(entries: readonly NotMeasured[]): string[] {
  const [first] = entries;
  if (!first) return [];
  const [reason] = first.why.split(':');
  const kinds = new Map<string, number>();
  for (const { case: id } of entries) {
    const kind = id.split(' ')[0] as string;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const counts = [...kinds].map(([kind, number]) => `${number} ${kind}`).join(', ');
  return [`${first.runner}, ${count(entries.length, 'case')} ${reason}: ${counts}`];
}
