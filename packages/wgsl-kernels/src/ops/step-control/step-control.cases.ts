// Norms, settings and states that the step control is tested at.

import type { StepSettings } from './step-numbers.ts';

export interface StepControlCase {
  readonly id: string;
  /** Of the gradients times the loss scale. */
  readonly norm: number;
  readonly settings?: Partial<StepSettings>;
  /** Loss scale, good steps, skipped. */
  readonly state?: readonly [number, number, number];
}

const growing = { growthInterval: 4 };

export const stepControlCases: readonly StepControlCase[] = [
  { id: 'below-the-limit', norm: 0.5 },
  { id: 'at-the-limit', norm: 1 },
  { id: 'clipped', norm: 7.3 },
  { id: 'zero', norm: 0 },
  { id: 'large', norm: 1e37 },
  { id: 'never-clip', norm: 1e6, settings: { maxGradNorm: null } },
  { id: 'scaled', norm: 300, state: [1024, 1, 0], settings: growing },
  { id: 'scaled-clipped', norm: 3000, state: [1024, 1, 0], settings: growing },
  { id: 'nan', norm: Number.NaN },
  { id: 'infinite', norm: Number.POSITIVE_INFINITY },
  { id: 'grows', norm: 300, state: [1024, 3, 2], settings: { ...growing, skipped: 2 } },
  { id: 'grows-no-more', norm: 300, state: [2 ** 24, 3, 0], settings: growing },
  { id: 'backs-off', norm: Number.NaN, state: [1024, 3, 0], settings: growing },
  { id: 'backs-off-infinite', norm: Number.POSITIVE_INFINITY, state: [2, 0, 0], settings: growing },
  { id: 'backs-off-no-more', norm: Number.NaN, state: [1, 3, 0], settings: growing },
  ...[0, 1, 2, 3, 4].map((unheard) => ({
    id: `${unheard}-unheard`,
    norm: 2,
    settings: { skipped: 2 },
    state: [1, 5, 2 + unheard] as const,
  })),
  { id: 'first-updates', norm: 2, settings: { update: 2 }, state: [1, 0, 1] },
  { id: 'never-below-the-first', norm: 2, settings: { update: 2 }, state: [1, 0, 3] },
];
