// seen-blocks: which key blocks the rows of a query block see. Tokens that see something are contiguous, and first does not decrease
// over them, so that these are one run of blocks.
// Needs `const HAS_VISIBILITY`, the binding `visibility`: array<vec2<i32>>, [B, N] (first, end), `params.key_len` and `params.block_n`.

// Key blocks [x, y) that the rows at positions first_row ... end - 1 see.
fn seen_blocks(i_batch: u32, first_row: u32, end: u32) -> vec2u {
  var first = 0u;
  var last = end - 1u;
  if (HAS_VISIBILITY) {
    first = params.key_len;
    last = 0u;
    for (var row = first_row; row < end; row++) {
      let first_key = u32(max(visibility[i_batch * params.key_len + row].x, 0));
      if (first_key <= row) {
        first = min(first, first_key);
        last = row;
      }
    }
  }
  if (first > last) {
    return vec2u(0u);
  }
  return vec2u(first / params.block_n, last / params.block_n + 1u);
}
