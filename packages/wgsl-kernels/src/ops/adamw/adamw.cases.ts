// Sizes and settings that AdamW is tested at, three steps each. A slab holds several parameters, each at a multiple of 4,096.

import type { DecayPlacement } from './decay-blocks.ts';

const settings = { learningRate: 1e-2, weightDecay: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8 };

export interface AdamwCase {
  readonly id: string;
  /** Elements of the slab. */
  readonly size: number;
  /** Multiplies the gradient. */
  readonly factor: number;
  readonly placements: readonly DecayPlacement[];
  readonly settings: typeof settings;
}

const whole = (size: number, isDecayed = true) => ({
  size,
  placements: [{ offset: 0, size, isDecayed }],
});

/** Decayed or not in turns; what is left of the last block is not part of the slab. */
const slab = (sizes: readonly number[]) => {
  let end = 0;
  const placements = sizes.map((size, i) => {
    const offset = Math.ceil(end / 4096) * 4096;
    end = offset + size;
    return { offset, size, isDecayed: i % 2 === 0 };
  });
  return { size: end, placements };
};

export const adamwCases: readonly AdamwCase[] = [
  { id: 'one-element', ...whole(1), factor: 0.5, settings },
  { id: 'odd', ...whole(111), factor: 1, settings },
  { id: 'vec4-clip', ...whole(260), factor: 0.01, settings },
  { id: 'not-decayed', ...whole(260, false), factor: 1, settings },
  { id: 'large-eps', ...whole(63), factor: 1, settings: { ...settings, epsilon: 1 } },
  { id: 'slab-odd', ...slab([5000, 1, 4096, 4097]), factor: 0.5, settings },
  { id: 'slab-vec4', ...slab([4100, 64, 12_288, 4, 8]), factor: 0.5, settings },
];
