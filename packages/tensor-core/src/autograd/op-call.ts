// One call of an op as the tape sees it: behind defineOp the names are known at run time only.

import type { Device, Tensor } from '../api.ts';
import { isTensor } from '../tensor.ts';
import type { ForwardResult, OpDefinition } from './op-types.ts';

export type AnyTensors = Readonly<Record<string, Tensor | null | undefined>>;
export type AnyOp = OpDefinition<AnyTensors, unknown, Tensor | AnyTensors, AnyTensors, never>;
export type AnyResult = ForwardResult<Tensor | AnyTensors, AnyTensors>;

export interface OpCall {
  readonly op: AnyOp;
  readonly device: Device;
  readonly inputs: AnyTensors;
  readonly attrs: unknown;
  /** By input, whether it depends on a watched tensor. */
  readonly needs: Readonly<Record<string, boolean>>;
  readonly result: AnyResult;
}

/** What the backward of one call reads. */
export interface SavedTensors {
  /** By name, as forward saved them. */
  get(): AnyTensors;
  /** Called once, after backward or instead of it. */
  dispose(): void;
}

export type NamedTensor = readonly [name: string, tensor: Tensor];

export const entries = (tensors: AnyTensors | null | undefined): NamedTensor[] =>
  Object.entries(tensors ?? {}).flatMap(([name, tensor]) =>
    tensor ? [[name, tensor] as const] : [],
  );

export const tensorsOf = (named: readonly NamedTensor[]): Tensor[] =>
  named.map(([, tensor]) => tensor);

export const outputEntries = (output: Tensor | AnyTensors): NamedTensor[] =>
  isTensor(output) ? [['output', output]] : entries(output);
