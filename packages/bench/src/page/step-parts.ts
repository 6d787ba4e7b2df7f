// Which part of a training step, or of a token's, a kernel belongs to, by its name.

const PARTS: readonly (readonly [part: string, names: RegExp])[] = [
  ['matmul', /^matmul/],
  ['attention forward', /^(attention-forward|paged-attention|append-pages|copy-front)/],
  ['attention backward', /^(attention-backward|attention-clear)/],
  [
    'pruning rule',
    /^(attention-kept|find-index|block-decay-sums|block-bounds|adaptive-threshold|logit-bound|pruning-counts|row-norm-max|norm-maxima|update-retention|first-page)/,
  ],
  ['norm', /^rms-norm/],
  [
    'gates and activations',
    /^(gate-|reverse-|log-sigmoid|token-shift|swiglu|output-gate|rope|add$|scale$|to-half$|to-single$)/,
  ],
  [
    'embedding and loss',
    /^(embedding|token-visibility|link-occurrences|cross-entropy|mean-loss|counted-flags|scale-by$)/,
  ],
  ['gradient sums', /^(accumulate|fill$|sum-rows|broadcast-rows)/],
  ['gradient norm', /^(square-sums|root$|clip-coefficient)/],
  ['optimizer', /^adamw/],
];

/** What has no place among the parts. */
export const OTHER_PART = 'other';

/** Parts of a step in the order that a bar shows them. */
export const stepParts: readonly string[] = [...PARTS.map(([part]) => part), OTHER_PART];

/** @param kernel - its name without a spec, e.g. `rms-norm-forward.lanes` */
export const stepPartOf = (kernel: string): string =>
  PARTS.find(([, names]) => names.test(kernel))?.[0] ?? OTHER_PART;
