// matrix-pair: what both backward kernels on subgroup matrices do alike. A tile has two matrices of the other side, keys and values or
// queries and dout; a subgroup holds the partners of both for its own rows.
// A kernel's own: BUFFERS, BUFFER_UNITS, TILE_UNITS, FIRST_STRIP, t_units.

// Scores and dP of the turn's tile, into the strips: `first` times the tile's first matrix, `second` times its second. The compiler
// follows the range of a plain number within a function: see forward.matrix.
fn score(
  first: ptr<function, array<Left, ROW_TILES * HEAD_TILES>>, second: ptr<function, array<Left, ROW_TILES * HEAD_TILES>>,
  turn: u32, thread: u32,
) {
  let tile = turn % BUFFERS * BUFFER_UNITS;
  let strip = FIRST_STRIP + min(thread / SUBGROUP, SUBGROUPS - 1u) * (2u * STRIP_UNITS);
  var sums: array<ScoreSum, ROW_TILES>;
  for (var n = 0u; n < COLUMN_TILES; n++) { // @unroll
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      sums[i] = ScoreSum();
    }
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      let right = subgroupMatrixLoad<Right, col_major>(&t_units, tile + n * MATRIX * TILE_STRIDE + d * M8, TILE_STRIDE);
      for (var i = 0u; i < ROW_TILES; i++) { // @unroll
        sums[i] = subgroupMatrixMultiplyAccumulate((*first)[i * HEAD_TILES + d], right, sums[i]);
      }
    }
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      subgroupMatrixStore<row_major>(&t_units, strip + i * MATRIX * STRIP_STRIDE + n * M8 * SCORE_UNITS, sums[i], STRIP_STRIDE);
      sums[i] = ScoreSum();
    }
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      let right = subgroupMatrixLoad<Right, col_major>(&t_units,
        tile + TILE_UNITS + n * MATRIX * TILE_STRIDE + d * M8, TILE_STRIDE);
      for (var i = 0u; i < ROW_TILES; i++) { // @unroll
        sums[i] = subgroupMatrixMultiplyAccumulate((*second)[i * HEAD_TILES + d], right, sums[i]);
      }
    }
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      subgroupMatrixStore<row_major>(&t_units,
        strip + STRIP_UNITS + i * MATRIX * STRIP_STRIDE + n * M8 * SCORE_UNITS, sums[i], STRIP_STRIDE);
    }
  }
}

// Puts the next turn's tile in its place.
fn store_tile(first: array<vec4<u32>, LOADS>, second: array<vec4<u32>, LOADS>, turn: u32, thread: u32) {
  let tile = turn % BUFFERS * BUFFER_UNITS;
  store_units(first, tile, thread);
  store_units(second, tile + TILE_UNITS, thread);
}
