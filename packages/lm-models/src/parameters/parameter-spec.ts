// What one parameter is: official name, shape, first values, and how the optimizer treats it.

/** How a parameter's first values are made. */
export type ParameterInit =
  | { readonly kind: 'normal'; readonly std: number; readonly zeroRow?: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** Forget-gate biases whose log gate is −1/T_h, with T_h spread evenly in log over the heads (tokens). */
  | { readonly kind: 'decay-times'; readonly min: number; readonly max: number };

export interface ParameterSpec {
  /** Name in the official state dict. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: ParameterInit;
  /** True for matrices and the embedding; false for biases and norm weights. */
  readonly weightDecay: boolean;
  /** False for buffers: saved with the model, never changed by training. */
  readonly trainable: boolean;
}
