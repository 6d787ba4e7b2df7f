// What a device needs to know of a compute kernel.

export type BindingAccess = 'read' | 'write' | 'read_write';

/** A compute kernel as source. Two programs with the same WGSL share one pipeline. */
export interface Program {
  /** Shown in errors and profiles, such as `matmul-nt[TILE=64]`. */
  readonly label: string;
  /** Complete WGSL with entry point `main`; tensors at @group(0) @binding(0…n−1), params (if any) uniform at @binding(n). */
  readonly wgsl: string;
  readonly access: readonly BindingAccess[];
  readonly hasParams: boolean;
}

/** Bytes that a dispatch's uniform struct may take: what every device can bind. */
export const MAX_PARAMS_BYTES = 65536;
