// The suites by name; each makes its cases to suit the adapter.

import type { DeviceCaps } from '@vulpes/tensor-core';
import type { BenchCase } from '../case.ts';
import { attentionSuite } from './attention.ts';
import { boundarySuite } from './boundary.ts';
import { matmulSuite } from './matmul.ts';
import { trainingSuite } from './training.ts';

export const suites = {
  matmul: matmulSuite,
  attention: attentionSuite,
  boundary: boundarySuite,
  training: trainingSuite,
} as const satisfies Record<string, (caps: DeviceCaps) => BenchCase[]>;

export type SuiteName = keyof typeof suites;

export const suiteNames = Object.keys(suites) as readonly SuiteName[];
