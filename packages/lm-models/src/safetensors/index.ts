// The safetensors file format: reader, writer, element types.

export type { SafetensorsArray, SafetensorsDType } from './dtypes.ts';
export {
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
  tensorFloats,
  tensorValues,
} from './read.ts';
export { type WritableTensor, writeSafetensors } from './write.ts';
