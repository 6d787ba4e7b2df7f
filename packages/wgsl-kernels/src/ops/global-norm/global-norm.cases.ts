// Lengths of the tensors whose common norm is tested.

export const globalNormCases = [
  { id: 'one-element', lengths: [1] },
  { id: 'odd-lengths', lengths: [63, 1, 111, 64, 65] },
  { id: 'long', lengths: [70_001, 4096] },
  { id: 'around-a-part', lengths: [1023, 1024, 1025, 4092, 4096, 4100] },
] as const;

/** Lengths of tensors that lie in one slab; where all are multiples of 4, the slab has the bits of the tensors one by one. */
export const slabCases = [
  { lengths: [4] },
  { lengths: [4096, 4100, 64, 12_288, 8188] },
  { lengths: [70_000, 4, 4092] },
  { lengths: [63, 1, 4097, 1024] },
  { lengths: [70_001] },
] as const;
