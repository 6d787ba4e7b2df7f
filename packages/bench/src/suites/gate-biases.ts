// Forget gates as of a trained model: most heads forget within a few tokens, some remember.

/** Bias of the gates that remember: log f is about −0.002 a token. */
export const REMEMBERING_BIAS = 6;

/** Of every three heads two forget (bias 0) and one remembers. */
export const gateBias = (head: number): number => (head % 3 === 2 ? REMEMBERING_BIAS : 0);
