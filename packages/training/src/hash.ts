// The hash by which checkpoints and texts are recognised.

export { sha256Hex } from '@vulpes/tensor-core';
