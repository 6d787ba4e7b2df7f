export { assertLabels } from './assert-labels.ts';
export { logitsBudget, logitsStride, selectChunkRows } from './chunk-rows.ts';
export {
  countedFlags,
  crossEntropyRowsScalar,
  crossEntropyRowsTiled,
} from './linear-cross-entropy.kernel.ts';
export { type LinearCrossEntropyOptions, linearCrossEntropy } from './linear-cross-entropy.op.ts';
