// Matrix products in f64: the specification of the kernels.

type Numbers = ArrayLike<number>;

export interface MatmulSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const indexA = ({ m, k, transposeA }: MatmulSizes, batch: number, i: number, r: number): number =>
  batch * m * k + (transposeA ? r * m + i : i * k + r);

const indexB = ({ n, k, transposeB }: MatmulSizes, batch: number, r: number, j: number): number =>
  batch * k * n + (transposeB ? j * k + r : r * n + j);

/** Calls `visit` with the indices into a, b and c of every product. */
function forEachProduct(
  sizes: MatmulSizes,
  visit: (ia: number, ib: number, ic: number) => void,
): void {
  const { batch, m, n, k } = sizes;
  for (let z = 0; z < batch; z++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++)
        for (let r = 0; r < k; r++)
          visit(indexA(sizes, z, i, r), indexB(sizes, z, r, j), (z * m + i) * n + j);
}

/** c [batch, m, n] = op(a) op(b) */
export function referenceMatmul(sizes: MatmulSizes, a: Numbers, b: Numbers): Float64Array {
  const c = new Float64Array(sizes.batch * sizes.m * sizes.n);
  forEachProduct(sizes, (ia, ib, ic) => {
    c[ic]! += a[ia]! * b[ib]!;
  });
  return c;
}

/** d/da and d/db of Σ c dc */
export function referenceMatmulBackward(
  sizes: MatmulSizes,
  a: Numbers,
  b: Numbers,
  dc: Numbers,
): { da: Float64Array; db: Float64Array } {
  const [da, db] = [new Float64Array(a.length), new Float64Array(b.length)];
  forEachProduct(sizes, (ia, ib, ic) => {
    da[ia]! += dc[ic]! * b[ib]!;
    db[ib]! += dc[ic]! * a[ia]!;
  });
  return { da, db };
}
