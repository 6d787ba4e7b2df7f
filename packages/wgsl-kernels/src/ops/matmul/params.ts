// Bindings and params of the matmul kernels.

import { kPerSplit, type MatmulDims } from './plan.ts';

export const MATMUL_BINDINGS = ['a:read', 'b:read', 'bias:read?', 'c:write'] as const;

/** The other fields are dims by name. */
export const matmulParams = ({ k, splits }: MatmulDims) => ({ k_split: kPerSplit(k, splits) });
