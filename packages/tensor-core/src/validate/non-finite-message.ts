// The sentence that names a NaN or infinity: which op, which tensor, how many, where first, and who made them.

import type { DType } from '../dtype.ts';
import { formatShape, type Shape } from '../shape.ts';

/** What a checked tensor is to its op. */
export type FiniteRole = 'upload' | 'input' | 'output' | 'output gradient' | 'input gradient';

/** The second: offsets that must not fall. */
export type CheckedRole = FiniteRole | 'offsets';

export interface Checked {
  readonly op: string;
  readonly role: CheckedRole;
  readonly label: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Which of the `count` tensors of its role, from 0. */
  readonly index: number;
  readonly count: number;
}

export interface NonFiniteCount {
  readonly nans: number;
  readonly infinities: number;
  /** Flat index of the first element that is either. */
  readonly firstIndex: number;
}

const WORDS: Readonly<Record<FiniteRole, { where: string; remedy: string }>> = {
  upload: { where: 'the data', remedy: 'The host gave them: look at where the data comes from.' },
  input: {
    where: 'its input',
    remedy: 'The op was given them: a kernel outside the ops made them, such as an optimizer step.',
  },
  output: { where: 'its output', remedy: 'Its inputs are finite: the op made them.' },
  'output gradient': {
    where: 'the gradient of its output',
    remedy:
      'The op was given them: a sum of gradients overflowed, or a kernel outside the ops made them.',
  },
  'input gradient': {
    where: 'the gradient of its input',
    remedy: 'The gradients that it was given are finite: the op made them.',
  },
};

/** @example "rms-norm: non-finite values in its input 'hidden' f32[2, 64] (1 of 2): 1 NaN, first at [0, 3]. The op was given them. …" */
export function nonFiniteMessage(
  checked: Checked & { readonly role: FiniteRole },
  found: NonFiniteCount,
): string {
  const { op, role, label, dtype, shape, index, count } = checked;
  const { where, remedy } = WORDS[role];
  const name = role.endsWith('gradient') ? `${op} backward` : op;
  const which = count > 1 ? ` (${index + 1} of ${count})` : '';
  const tensor = `'${label}' ${dtype}${formatShape(shape)}${which}`;
  const at = formatShape(indexOf(found.firstIndex, shape));
  return `${name}: non-finite values in ${where} ${tensor}: ${formatCount(found)}, first at ${at}. ${remedy}`;
}

/** @example "tokenVisibility: expected offsets that do not fall, got 1 smaller than the one before in 'cuSeqlens' i32[4], first at [2]. …" */
export function orderMessage({ op, label, dtype, shape }: Checked, count: number, first: number) {
  const at = formatShape(indexOf(first, shape));
  return `${op}: expected offsets that do not fall, got ${count} smaller than the one before in '${label}' ${dtype}${formatShape(shape)}, first at ${at}. Give where each document begins, in order, and where the last one ends.`;
}

const formatCount = ({ nans, infinities }: NonFiniteCount): string =>
  [
    ...(nans > 0 ? [`${nans} NaN`] : []),
    ...(infinities > 0 ? [`${infinities} infinite`] : []),
  ].join(' and ');

/** The element's index along each dimension. */
export function indexOf(flat: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}
