// The official training run, step by step, from `trajectory.safetensors`.

import type { ParameterSpec } from '@vulpes/lm-models';
import type { TokenBatch } from '@vulpes/training';
import { CaseError, type Vectors } from '../vectors.ts';

export interface Trajectory {
  readonly steps: number;
  /** Inputs and labels of each step. */
  readonly batches: readonly TokenBatch[];
  /** Learning rate of each step. */
  readonly lr: Float32Array;
  /** Mean nats a token before each update. */
  readonly loss: Float32Array;
  /** Before clipping. */
  readonly gradNorm: Float32Array;
  /** Parameters after the last step, by name; null where the header says that they were left out. */
  readonly final: ReadonlyMap<string, Float32Array> | null;
}

/** A carried subset may say in its header that it goes without the final parameters. */
const LEFT_OUT = 'left_out';
const FINAL = 'final';

/** @throws CaseError where a tensor is missing or mis-shaped. */
export function readTrajectory(vectors: Vectors, specs: readonly ParameterSpec[]): Trajectory {
  const tokens = vectors.ints('tokens', ['S', 'B', 'L']);
  const [steps, rows, length] = [vectors.size('S'), vectors.size('B'), vectors.size('L')];
  if (length < 2) throw new CaseError(`expected rows of at least 2 tokens, got ${length}`);
  const stepTokens = rows * length;
  return {
    steps,
    batches: Array.from({ length: steps }, (_, step) =>
      toBatch(tokens.subarray(step * stepTokens, (step + 1) * stepTokens), rows, length),
    ),
    lr: vectors.floats('lr', ['S']),
    loss: vectors.floats('loss', ['S']),
    gradNorm: vectors.floats('grad_norm', ['S']),
    final: readFinal(vectors, specs),
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
  const width = length - 1;
  const inputs = new Int32Array(rows * width);
  const labels = new Int32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const start = row * length;
    inputs.set(tokens.subarray(start, start + width), row * width);
    labels.set(tokens.subarray(start + 1, start + length), row * width);
  }
  return { inputs, labels, shape: [rows, width] };
}

function readFinal(
  vectors: Vectors,
  specs: readonly ParameterSpec[],
): Map<string, Float32Array> | null {
  if (vectors.header(LEFT_OUT) === FINAL) return null;
  return new Map(
    specs
      .filter(({ trainable }) => trainable)
      .map(({ name, shape }) => [name, vectors.floats(`${FINAL}.${name}`, shape)]),
  );
}
