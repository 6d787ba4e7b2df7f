// gate-acts: which gates act on some pair of a query and a key. For others the gradient is 0, where a sum leaves rounding noise.
// Needs `const ONLY_ACTIVE`, `const HAS_VISIBILITY`, the binding `visibility`: array<vec2<i32>>, [B, T] (first, end), and `params` of the reverse scans.

// The first query that gate t could act on sees a key before t: neither padding, nor a document's first token, nor a window of one.
fn gate_acts(i_batch: u32, t: u32) -> bool {
  if (!ONLY_ACTIVE) {
    return true;
  }
  var first = 0;
  if (HAS_VISIBILITY) {
    first = visibility[i_batch * params.seq_len + max(t, params.first_query)].x;
  }
  return i32(t) > first;
}
