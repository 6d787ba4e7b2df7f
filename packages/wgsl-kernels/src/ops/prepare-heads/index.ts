export { type HeadDims, packedWidth } from './prepare-heads.kernel.ts';
export {
  type PreparedHeads,
  type PrepareHeadsInputs,
  type PrepareHeadsOptions,
  prepareHeads,
} from './prepare-heads.op.ts';
