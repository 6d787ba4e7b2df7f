// span-starts: which tokens begin anew: a document's first, and padding.
// Needs a binding `spans`: array<vec2<i32>>, [B, span_len] (first, end), and `params.span_len`, 0 without spans.

// t counts from the start of the spans.
fn starts_anew(i_batch: u32, t: u32) -> bool {
  return params.span_len > 0u && spans[i_batch * params.span_len + t].x >= i32(t);
}
