// Differentiable operations: a forward and a backward function over named tensors.

import type { AnyOp, AnyTensors } from './op-call.ts';
import type { Attributes, NamedTensors, Op, OpDefinition, OpOutput } from './op-types.ts';
import { runOp } from './run-op.ts';

/**
 * Makes an op. Calling it runs forward and, where a gradient is recorded, remembers how to go back.
 * @example
 * const scaleOp = defineOp({
 *   name: 'scale',
 *   forward: ({ inputs: { x }, attrs }: ForwardContext<{ x: Tensor }, { factor: number }>) => ({
 *     output: scaled(x, attrs.factor),
 *   }),
 *   backward: ({ dOutput, attrs }) => ({ x: scaled(dOutput, attrs.factor) }),
 * });
 * const y = scaleOp({ x }, { factor: 2 });
 */
export function defineOp<
  Inputs extends NamedTensors<Inputs>,
  Attrs extends Attributes<Attrs>,
  Output extends OpOutput<Output>,
  Saved extends NamedTensors<Saved> = Record<never, never>,
  const Constant extends string = never,
>(definition: OpDefinition<Inputs, Attrs, Output, Saved, Constant>): Op<Inputs, Attrs, Output> {
  return (inputs, ...[attrs]) =>
    runOp(definition as unknown as AnyOp, inputs as AnyTensors, attrs ?? null) as Output;
}
