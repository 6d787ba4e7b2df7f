// Bindings as a definition names them: 'x:read', 'y:write', 'visibility:read?'.

import type { BindingAccess, Tensor } from '@vulpes/tensor-core';

/** Name and access; `?`: the caller may leave the tensor out. */
export type BindingText = `${string}:${BindingAccess}` | `${string}:${BindingAccess}?`;

type RequiredName<S extends string> = S extends `${infer Name}:${BindingAccess}` ? Name : never;
type OptionalName<S extends string> = S extends `${infer Name}:${string}?` ? Name : never;

/** The tensors of a launch by the names of the bindings. */
export type KernelTensors<Bindings extends readonly BindingText[]> = {
  readonly [name in RequiredName<Bindings[number]>]: Tensor;
} & {
  readonly [name in OptionalName<Bindings[number]>]?: Tensor | null | undefined;
};

export interface Binding {
  readonly name: string;
  readonly access: BindingAccess;
  readonly isOptional: boolean;
}

export function parseBinding(text: BindingText): Binding {
  const [name = '', access = ''] = text.split(':');
  const isOptional = access.endsWith('?');
  return { name, access: access.replace('?', '') as BindingAccess, isOptional };
}

/** `HAS_VISIBILITY` for `visibility`: the const of the @spec block that says whether the tensor is given. */
export const toPresenceName = (binding: string): string => `HAS_${binding.toUpperCase()}`;
