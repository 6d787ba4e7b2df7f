// Sizes that the output gate kernels are tested and timed at.

import type { GateActivation } from './output-gate.kernel.ts';

export interface OutputGateCase {
  readonly id: string;
  readonly count: number;
  readonly activation: GateActivation;
}

export const outputGateCases: readonly OutputGateCase[] = [1, 63, 111, 256, 4100].flatMap((count) =>
  (['sigmoid', 'silu'] as const).map((activation) => ({
    id: `N${count}-${activation}`,
    count,
    activation,
  })),
);
