// Output projection and cross-entropy in f64: the specification of the op.

type Numbers = ArrayLike<number>;

export interface CrossEntropySizes {
  readonly rows: number;
  readonly hidden: number;
  readonly vocab: number;
}

export interface ReferenceCrossEntropy {
  readonly loss: number;
  readonly lossPerToken: Float64Array;
  readonly dx: Float64Array;
  readonly dweight: Float64Array;
}

/**
 * Loss of x [rows, hidden] weight [vocab, hidden]ᵀ against labels [rows], and its gradients.
 * @param store how a logit is rounded where it is kept
 */
export function referenceLinearCrossEntropy(
  { rows, hidden, vocab }: CrossEntropySizes,
  x: Numbers,
  weight: Numbers,
  labels: Int32Array,
  ignoreIndex = -100,
  store: (logit: number) => number = (logit) => logit,
): ReferenceCrossEntropy {
  const lossPerToken = new Float64Array(rows);
  const dx = new Float64Array(rows * hidden);
  const dweight = new Float64Array(vocab * hidden);
  const count = labels.filter((label) => label !== ignoreIndex).length;
  for (let r = 0; r < rows; r++) {
    const label = labels[r]!;
    if (label === ignoreIndex) continue;
    const logits = Float64Array.from({ length: vocab }, (_, v) => {
      let sum = 0;
      for (let i = 0; i < hidden; i++) sum += x[r * hidden + i]! * weight[v * hidden + i]!;
      return store(sum);
    });
    const max = logits.reduce((most, logit) => Math.max(most, logit));
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - max), 0);
    lossPerToken[r] = max + Math.log(sum) - logits[label]!;
    for (let v = 0; v < vocab; v++) {
      const g = (Math.exp(logits[v]! - max) / sum - (v === label ? 1 : 0)) / count;
      for (let i = 0; i < hidden; i++) {
        dx[r * hidden + i]! += g * weight[v * hidden + i]!;
        dweight[v * hidden + i]! += g * x[r * hidden + i]!;
      }
    }
  }
  const total = lossPerToken.reduce((sum, loss) => sum + loss, 0);
  return { loss: count ? total / count : 0, lossPerToken, dx, dweight };
}
