// Forget gates as of a trained model: most heads forget within a few tokens, some remember.

/** Bias of the gates that remember: log f is about −0.002 a token. */
export const REMEMBERING_BIAS = 6;

/** Of every three heads two forget (bias 0) and one remembers. */
export const gateBias = (head: number): number => (head % 3 === 2 ? REMEMBERING_BIAS : 0);

/** Of a head that forgets slowly: log f is about −0.13 a token. */
const SLOW_BIAS = 2;

/** Of each head; the last `slowHeads` forget slowly. */
export const gateBiases = (numHeads: number, slowHeads = 0): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: numHeads }, (_, head) =>
    head < numHeads - slowHeads ? gateBias(head) : SLOW_BIAS,
  );
