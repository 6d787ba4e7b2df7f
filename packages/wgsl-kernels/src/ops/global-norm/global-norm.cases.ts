// Lengths of the tensors whose common norm is tested.

export const globalNormCases = [
  { id: 'one-element', lengths: [1] },
  { id: 'odd-lengths', lengths: [63, 1, 111, 64, 65] },
  { id: 'long', lengths: [70_001, 4096] },
  { id: 'around-a-part', lengths: [1023, 1024, 1025, 4092, 4096, 4100] },
] as const;
