// What a tuning table says about a product. Pure.

import { ArgumentError, type MatmulTuning, type TuningTable } from '@vulpes/tensor-core';
import { matmulFingerprint } from './fingerprint.ts';
import {
  MATRIX_TILES,
  type MatrixShape,
  type SizedMatrixTile,
  sizedTiles,
} from './matrix-tiles.ts';
import { type MatmulSizes, TILES, type Tile, tiles } from './plan.ts';
import { planProduct, type WavePlan, type WaveTile, wholeSplits } from './waves.ts';

type TunedVariant = 'matrix' | 'tiled';

const TILE_NAMES: Readonly<Record<TunedVariant, readonly string[]>> = {
  matrix: Object.keys(MATRIX_TILES),
  tiled: Object.keys(TILES),
};

/** Which factors are stored transposed, such as `nt`. */
export const formOf = ({
  transposeA,
  transposeB,
}: Pick<MatmulSizes, 'transposeA' | 'transposeB'>): string =>
  `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`;

/** `f16` if one of the factors is. */
export const factorType = ({ dtypeA, dtypeB }: MatmulSizes): 'f16' | 'f32' =>
  dtypeA === 'f16' || dtypeB === 'f16' ? 'f16' : 'f32';

/** A row holds for the power of two next to its number of tokens. */
const bucketOf = (tokens: number): number => Math.round(Math.log2(tokens));

/** Tokens are the rows of A as the product reads it: M, or K of the gradient of a weight. */
function toKey(of: Pick<MatmulTuning, 'variant' | 'form' | 'dtype' | 'm' | 'n' | 'k'>): string {
  const { variant, form, dtype, m, n, k } = of;
  const sizes = form[0] === 't' ? [m, n, `2^${bucketOf(k)}`] : [`2^${bucketOf(m)}`, n, k];
  return [variant, form, dtype, ...sizes].join(' ');
}

const tables = new WeakMap<TuningTable, ReadonlyMap<string, MatmulTuning>>();

/** Tile and parts of K of a product on subgroup matrices: of the table, else by the model. */
export const chooseMatrixPlan = (
  sizes: MatmulSizes,
  shape: MatrixShape,
  table: TuningTable | null,
): WavePlan<SizedMatrixTile> =>
  choosePlan(sizes, sizedTiles(shape), findTuning(table, 'matrix', sizes));

/** The same of the tiled kernels. */
export const chooseTiledPlan = (sizes: MatmulSizes, table: TuningTable | null): WavePlan<Tile> =>
  choosePlan(sizes, tiles, findTuning(table, 'tiled', sizes));

function choosePlan<T extends WaveTile & { readonly name: string }>(
  sizes: MatmulSizes,
  tiles: readonly T[],
  tuned: MatmulTuning | undefined,
): WavePlan<T> {
  const tile = tiles.find(({ name }) => name === tuned?.tile);
  if (!tuned || !tile) return planProduct(sizes, tiles);
  return { tile, splits: wholeSplits(sizes.k, tuned.splits, tile.sliceK) };
}

/** The row of a product; undefined where the table has none. @throws ArgumentError where the table is of other kernels, or names a tile that does not exist */
function findTuning(
  table: TuningTable | null,
  variant: TunedVariant,
  sizes: MatmulSizes,
): MatmulTuning | undefined {
  if (!table || sizes.batch !== 1) return undefined;
  const rows = tables.get(table) ?? indexRows(table);
  tables.set(table, rows);
  return rows.get(toKey({ variant, form: formOf(sizes), dtype: factorType(sizes), ...sizes }));
}

function indexRows({ matmul, kernels }: TuningTable): ReadonlyMap<string, MatmulTuning> {
  if (kernels !== matmulFingerprint()) {
    throw new ArgumentError(
      `tuning: expected a table of these kernels (${matmulFingerprint()}), got one of others (${kernels}), whose times say nothing here. Measure again with npm run doctor -- --tune, or leave the table out.`,
    );
  }
  for (const row of matmul) assertRow(row);
  return new Map(matmul.map((row) => [toKey(row), row]));
}

function assertRow({ variant, tile }: MatmulTuning): void {
  const names = TILE_NAMES[variant as TunedVariant];
  if (names?.includes(tile)) return;
  const expected = names
    ? `a tile of matmul.${variant} (${names.join(', ')}), got '${tile}'`
    : `variant matrix or tiled, got '${variant}'`;
  throw new ArgumentError(
    `tuning: expected ${expected}. Measure again with npm run doctor -- --tune.`,
  );
}
