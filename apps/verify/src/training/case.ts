// The official training run, step by step, from `trajectory.safetensors`.

import type { ParameterSpec } from '@vulpes/lm-models';
import type { TokenBatch } from '@vulpes/training';
import { CaseError, type Vectors } from '../vectors.ts';

export type Trajectory = ReturnType<typeof readTrajectory>;

/** A carried subset may say in its header that it goes without the final parameters. */
const LEFT_OUT = 'left_out';
const FINAL = 'final';

/** @throws CaseError where a tensor is missing or mis-shaped. */
export function readTrajectory(vectors: Vectors, specs: readonly ParameterSpec[]) {
  const tokens = vectors.ints('tokens', ['S', 'B', 'L']);
  const [steps, rows, length] = [vectors.size('S'), vectors.size('B'), vectors.size('L')];
  if (length < 2) throw new CaseError(`expected rows of at least 2 tokens, got ${length}`);
  const stepTokens = rows * length;
  return {
    steps,
    /** Inputs and labels of each step. */
    batches: Array.from({ length: steps }, (_, step) =>
      toBatch(tokens.subarray(step * stepTokens, (step + 1) * stepTokens), rows, length),
    ),
    /** Learning rate of each step. */
    lr: vectors.floats('lr', ['S']),
    /** Mean nats a token before each update. */
    loss: vectors.floats('loss', ['S']),
    /** Before clipping. */
    gradNorm: vectors.floats('grad_norm', ['S']),
    /** Parameters after the last step, by name; null where the header says that they were left out. */
    final: vectors.header(LEFT_OUT) === FINAL ? null : vectors.parameters(`${FINAL}.`, specs),
  };
}

/** The beginning of a run; it has no final parameters, unless it is the whole. */
export function firstSteps(trajectory: Trajectory, steps: number): Trajectory {
  if (steps >= trajectory.steps) return trajectory;
  return {
    steps,
    batches: trajectory.batches.slice(0, steps),
    lr: trajectory.lr.subarray(0, steps),
    loss: trajectory.loss.subarray(0, steps),
    gradNorm: trajectory.gradNorm.subarray(0, steps),
    final: null,
  };
}

/** Rows of `length` tokens: all but the last are inputs, all but the first labels. */
function toBatch(tokens: Int32Array, rows: number, length: number): TokenBatch {
  const shape: [number, number] = [rows, length - 1];
  return {
    inputs: tokens.filter((_, i) => i % length < length - 1),
    labels: tokens.filter((_, i) => i % length > 0),
    shape,
  };
}
