// The files' layout, [B, H, T, width], turned to that of our ops, [B, T, H, width].

/** Heads behind tokens. @param sizes - of the file's tensor, [B, H, T, width] */
export function tokensFirst(
  values: Float32Array,
  [batch, numHeads, seqLen, width]: readonly [number, number, number, number],
): Float32Array {
  const result = new Float32Array(values.length);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      for (let t = 0; t < seqLen; t++) {
        const source = ((b * numHeads + h) * seqLen + t) * width;
        const target = ((b * seqLen + t) * numHeads + h) * width;
        result.set(values.subarray(source, source + width), target);
      }
    }
  }
  return result;
}
