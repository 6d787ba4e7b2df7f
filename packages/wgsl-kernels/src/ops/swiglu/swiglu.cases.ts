// Sizes that the SwiGLU kernels are tested and timed at.

export interface SwigluCase {
  readonly id: string;
  readonly rows: number;
  readonly inner: number;
}

export const swigluCases: readonly SwigluCase[] = [
  [1, 1],
  [1, 64],
  [63, 3],
  [5, 111],
  [111, 128],
].map(([rows, inner]) => ({ id: `N${rows}-I${inner}`, rows: rows!, inner: inner! }));
