// The step control in f64: the specification of the kernel. Arrays are laid out as its tensors.

export const referenceClipCoefficient = (norm: number, maxNorm: number): number =>
  Math.min(1, maxNorm / (norm + 1e-6));

export interface ReferenceStep {
  /** [8]: skip, factor, decay, step size, root correction, norm, loss scale, skipped. */
  readonly control: readonly number[];
  /** [4]: loss scale, good steps, skipped, 0. */
  readonly state: readonly number[];
}

/** @param norm - of gradients times the loss scale  @param numbers - [13], from `stepNumbers`  @param state - [4], before the step */
export function referenceStepControl(
  norm: number,
  numbers: ArrayLike<number>,
  state: ArrayLike<number>,
): ReferenceStep {
  const [lossScale, goodSteps, skipped] = Array.from(state) as [number, number, number];
  const [decay, ...rest] = Array.from(numbers) as [number, ...number[]];
  const [maxGradNorm, growthInterval, known] = rest.slice(8) as [number, number, number];
  const unheard = Math.min(3, Math.max(0, skipped - known));
  const isMoving = growthInterval > 0;
  const picked = [decay, rest[unheard]!, rest[4 + unheard]!, norm / lossScale, lossScale];
  if (!Number.isFinite(norm)) {
    const lower = isMoving ? Math.max(1, lossScale / 2) : lossScale;
    return { control: [1, 0, ...picked, skipped + 1], state: [lower, 0, skipped + 1, 0] };
  }
  const clip = maxGradNorm > 0 ? referenceClipCoefficient(norm / lossScale, maxGradNorm) : 1;
  const isGrowing = isMoving && goodSteps + 1 >= growthInterval;
  const next = isGrowing ? [Math.min(2 ** 24, 2 * lossScale), 0] : [lossScale, goodSteps + 1];
  return { control: [0, clip / lossScale, ...picked, skipped], state: [...next, skipped, 0] };
}
