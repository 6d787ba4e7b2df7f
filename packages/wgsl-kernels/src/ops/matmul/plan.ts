// What a matmul launch is told, and the pure choice of register block and splits of K.

/** One launch: sizes, strides in elements, and what happens at the store. */
export interface MatmulDims {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly strideA: number;
  readonly strideB: number;
  readonly strideC: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly hasBias: boolean;
  readonly accumulate: boolean;
  /** Parts of K that are summed by a second pass. */
  readonly splits: number;
}
