// The types of an op: named inputs, attributes, output and saved tensors, each known from the definition.

import type { Device, Tensor } from '../api.ts';

/** A record of tensors by name; one that is not given is null or undefined. */
export type NamedTensors<T> = { readonly [K in keyof T]: Tensor | null | undefined };

/** Scalars, flags, sizes: anything but tensors. A tensor that backward reads is an input or saved. */
export type Attributes<T> = { readonly [K in keyof T]: WithoutTensors<T[K]> };
type WithoutTensors<V> = V extends Tensor ? never : V extends object ? Attributes<V> : V;

/** One tensor, or several by name. */
export type OpOutput<T> = Tensor | { readonly [K in keyof T]: Tensor };

/** Of a single output: its gradient. Of several: each one's gradient, null where nothing depends on it; never all null. */
export type OutputGradient<Output> = Output extends Tensor
  ? Tensor
  : { readonly [K in keyof Output]: Tensor | null };

export interface ForwardContext<Inputs, Attrs = null> {
  readonly device: Device;
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  /** A gradient is recorded and some input needs it: make and save what backward wants. */
  readonly needsGrad: boolean;
}

export interface ForwardResult<Output, Saved> {
  readonly output: Output;
  /** What backward reads, by name: inputs, outputs or other tensors made here. */
  readonly saved?: Saved | null | undefined;
}

/** Where the gradient of an input goes. */
export interface GradientPlace {
  readonly tensor: Tensor;
  /** Add it to what the tensor holds; false: overwrite that. */
  readonly accumulate: boolean;
}

/** Which columns of partial sums are those of an input. */
export interface PartialColumns<Name extends string = string> {
  readonly input: Name;
  /** Column at which they begin. */
  readonly first: number;
  /** As many neighbouring stretches of the input's size are added up, too. Default 1. */
  readonly repeats?: number;
}

/** Partial sums: rows, and elements of a row. */
export interface PartialShape {
  readonly parts: number;
  readonly width: number;
}

export interface BackwardContext<Inputs, Attrs, Output, Saved, Constant extends string> {
  readonly device: Device;
  readonly dOutput: OutputGradient<Output>;
  readonly saved: Saved;
  readonly attrs: Attrs;
  /** Which inputs need their gradient; false for one that was not given. */
  readonly needs: { readonly [K in Exclude<keyof Inputs, Constant>]-?: boolean };
  /** A tensor for the gradient of an input, in its shape and dtype (f32 for the gradient of a parameter): where the caller wants it, else a new one. Write all of it and return it. */
  readonly makeGradient: (input: Exclude<keyof Inputs, Constant>) => Tensor;
  /** The same for a backward that can add its gradient to what other ops gave. Return the tensor. */
  readonly openGradient: (input: Exclude<keyof Inputs, Constant>) => GradientPlace;
  /**
   * For gradients that are sums over many rows, such as those of norm weights: f32 [parts, width], a sum of some of the rows in each part.
   * Write what `columns` names, and return the tensor as the gradient of each input that they name; the parts are added up later, those of
   * many ops in one launch, in a fixed order. Call it at most once.
   */
  readonly makePartialSums: (
    columns: readonly PartialColumns<Extract<Exclude<keyof Inputs, Constant>, string>>[],
    shape: PartialShape,
  ) => Tensor;
}

/** The gradient of each input, null where it is not needed. */
export type InputGradients<Inputs, Constant extends string> = {
  readonly [K in Exclude<keyof Inputs, Constant>]-?: Tensor | null;
};

export interface OpDefinition<Inputs, Attrs, Output, Saved, Constant extends string> {
  readonly name: string;
  /** Inputs without a gradient, such as ids and masks. @see stopGradient */
  readonly constants?: readonly (Constant & keyof Inputs)[];
  /** Runs in a scope of its own and may launch any kernel. Annotate its argument: the other types follow from it. */
  readonly forward: (context: ForwardContext<Inputs, Attrs>) => ForwardResult<Output, Saved>;
  /** Runs in a scope of its own. May return a gradient that it was given; never writes into one, nor into what is saved. */
  readonly backward: (
    context: BackwardContext<Inputs, Attrs, Output, Saved, Constant>,
  ) => InputGradients<Inputs, Constant>;
}

/** Ops without attributes take the inputs alone. */
export type Op<Inputs, Attrs, Output> = (
  inputs: Inputs,
  ...attrs: [Attrs] extends [null] ? [] : [attrs: Attrs]
) => Output;
