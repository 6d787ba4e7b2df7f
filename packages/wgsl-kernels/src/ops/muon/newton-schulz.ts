// Numbers of Muon that kernels and reference share.

/** Of a x + b x³ + c x⁵, five times over: takes singular values from (0, 1] to about 1 (0.7 … 1.2). By Keller Jordan, see the reference. */
export const NEWTON_SCHULZ = { a: 3.4445, b: -4.775, c: 2.0315, steps: 5 } as const;

/** Added to the Frobenius norm that a matrix is divided by first. */
export const MUON_EPSILON = 1e-7;

/** So that an update has an RMS of about 0.2, as AdamW's have: learning rate and weight decay of AdamW fit Muon, too. */
export const muonScale = (rows: number, cols: number): number =>
  0.2 * Math.sqrt(Math.max(rows, cols));
