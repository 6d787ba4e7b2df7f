// visibility-starts: which tokens begin anew: a document's first, and padding.
// Needs a binding `visibility`: array<vec2<i32>>, [B, visibility_len] (first, end), and `params.visibility_len`, 0 without visibility.

// t counts from the start of the visibility.
fn starts_anew(i_batch: u32, t: u32) -> bool {
  return params.visibility_len > 0u && visibility[i_batch * params.visibility_len + t].x >= i32(t);
}
