// What a device needs to know of a compute kernel.

/**
 * `read*` is read, too, but bound like `read_write`: the compiler then leaves loads between the barriers where they stand.
 * No other binding of the launch may be of the same memory.
 */
export type BindingAccess = 'read' | 'read*' | 'write' | 'read_write';

/** Whether a kernel changes what it binds so. */
export const isWritten = (access: BindingAccess | undefined): boolean =>
  access === 'write' || access === 'read_write';

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
