// Parameter sizes and settings that AdamW is tested at, three steps each.

const settings = { learningRate: 1e-2, weightDecay: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8 };

export const adamwCases = [
  { id: 'one-element', size: 1, clip: 0.5, settings },
  { id: 'odd-no-clip', size: 111, clip: null, settings },
  { id: 'vec4-clip', size: 260, clip: 0.01, settings },
  {
    id: 'no-decay-large-eps',
    size: 63,
    clip: null,
    settings: { ...settings, weightDecay: 0, epsilon: 1 },
  },
] as const;
