// shift-neighbours: what a token shift mixes a token with.
// Needs visibility-starts.wgsl, `alias Vector` and `alias Y` (Vector in memory), the bindings `y` and `previous`, and `params` of a token shift.

// Is there a token before this one, in the same document?
fn has_previous(i_batch: u32, i_token: u32) -> bool {
  return (i_token > 0u || params.has_previous == 1u) && !starts_anew(i_batch, params.offset + i_token);
}

// The Vector of y one token before `index`.
fn previous_elem(index: u32, i_batch: u32, i_token: u32) -> Vector {
  let o_step = params.num_heads * params.columns;
  if (i_token > 0u) {
    return Vector(y[index - o_step]);
  }
  return Vector(previous[index - i_batch * (params.seq_len - 1u) * o_step]);
}
