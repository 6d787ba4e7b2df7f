// @vulpes/wgsl-kernels/reference: every op in f64 on host arrays, the specification that its kernels are tested against.

export * from '../ops/adamw/adamw.reference.ts';
export * from '../ops/add-rms-norm/add-rms-norm.reference.ts';
export * from '../ops/broadcast-rows/broadcast-rows.reference.ts';
export * from '../ops/cast/cast.reference.ts';
export * from '../ops/cumulative-log-gate/cumulative-log-gate.reference.ts';
export * from '../ops/elementwise/elementwise.reference.ts';
export * from '../ops/embedding/embedding.reference.ts';
export * from '../ops/global-norm/global-norm.reference.ts';
export * from '../ops/linear/linear.reference.ts';
export * from '../ops/linear-cross-entropy/linear-cross-entropy.reference.ts';
export * from '../ops/log-sigmoid/log-sigmoid.reference.ts';
export * from '../ops/matmul/matmul.reference.ts';
export * from '../ops/muon/muon.reference.ts';
export * from '../ops/output-gate/output-gate.reference.ts';
export * from '../ops/prepare-heads/prepare-heads.reference.ts';
export * from '../ops/rms-norm/rms-norm.reference.ts';
export * from '../ops/rope/rope.reference.ts';
export * from '../ops/step-control/step-control.reference.ts';
export * from '../ops/swiglu/swiglu.reference.ts';
export * from '../ops/token-shift/token-shift.reference.ts';
export * from '../ops/token-visibility/token-visibility.reference.ts';
