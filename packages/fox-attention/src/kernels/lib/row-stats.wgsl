// row-stats: which keys the rows of a tile keep, from the row entries of backward-prepare.

// The first key that any of the 32 rows keeps, the number of keys if none does. First keys do not decrease within a tile,
// rows that keep none aside.
fn first_of_tile(o_row_stats: u32, i_first: u32) -> u32 {
  let offset = params.key_len - params.query_len;
  for (var i = i_first; i < min(i_first + TILE, params.query_len); i++) {
    let first = u32(stats[o_row_stats + i].w);
    if (first <= i + offset) { return first; }
  }
  return params.key_len;
}
