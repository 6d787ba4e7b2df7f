// Bindings and params of the matmul kernels.

import type { MatmulDims } from './plan.ts';
import { kPerSplit } from './waves.ts';

export const MATMUL_BINDINGS = ['a:read', 'b:read', 'bias:read?', 'c:write'] as const;

/** Of a kernel whose loads of the next tiles must not move across barriers, where no two of the tensors share a buffer. */
export const PINNED_BINDINGS = ['a:read*', 'b:read*', 'bias:read?', 'c:write'] as const;

/** The other fields are dims by name. */
export const matmulParams = ({ k, splits }: MatmulDims) => ({ k_split: kPerSplit(k, splits) });
