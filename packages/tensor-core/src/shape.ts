// Shapes: row-major, contiguous, every dimension ≥ 1.

import { ShapeError } from './errors.ts';

export type Shape = readonly number[];

/** Number of elements. */
export const shapeSize = (shape: Shape): number => shape.reduce((size, dim) => size * dim, 1);

export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

/** @throws ShapeError unless every dimension is a positive integer. */
export function assertValidShape(shape: Shape, what: string): void {
  if (shape.every((dim) => Number.isInteger(dim) && dim > 0)) return;
  throw new ShapeError(
    `${what}: expected a shape of positive integers, got ${formatShape(shape)}. Empty tensors are not supported.`,
  );
}

/**
 * Checks a shape against a pattern: a number must match, a name binds a dimension and must agree wherever it comes again.
 * @example const { B, T } = assertShape('rope', 'x', x, ['B', 'T', 'H', 'D']);
 * @throws ShapeError naming op, argument, expected and got.
 */
export function assertShape<const P extends readonly (string | number)[]>(
  op: string,
  name: string,
  tensor: { shape: Shape },
  pattern: P,
  bound: Readonly<Record<string, number>> = {},
): Record<Extract<P[number], string>, number> & Record<string, number> {
  const dims: Record<string, number> = { ...bound };
  const fits =
    pattern.length === tensor.shape.length &&
    pattern.every((want, axis) => {
      const got = tensor.shape[axis] as number;
      if (typeof want === 'number') return want === got;
      dims[want] ??= got;
      return dims[want] === got;
    });
  if (!fits) throw new ShapeError(shapeMessage(op, name, tensor.shape, pattern, bound));
  return dims as Record<Extract<P[number], string>, number> & Record<string, number>;
}

function shapeMessage(
  op: string,
  name: string,
  got: Shape,
  pattern: readonly (string | number)[],
  bound: Readonly<Record<string, number>>,
): string {
  const known = pattern.filter((dim): dim is string => typeof dim === 'string' && dim in bound);
  const where = known.length
    ? ` with ${known.map((dim) => `${dim}=${bound[dim]}`).join(', ')}`
    : '';
  return `${op}: expected ${name} [${pattern.join(', ')}]${where}, got ${formatShape(got)}.`;
}
