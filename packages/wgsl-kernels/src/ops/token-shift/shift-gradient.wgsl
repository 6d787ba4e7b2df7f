// shift-gradient: the parts of a token shift's gradient that one thread or several share.
// Needs shift-neighbours.wgsl, shift-weights.wgsl, and the bindings `shift_logit`, `dshifted`, `dy`.

// What the vectors of a (b, t, h) have in common.
struct ShiftRow {
  i_batch: u32,
  i_token: u32,
  beta: f32,                // 1 - alpha[t]
  next_alpha: f32,          // weight of this token at t + 1; 0 at the end of a document
  m_previous: bool,
}

fn shift_row(row: u32, beta: f32) -> ShiftRow {
  let i_batch = row / (params.num_heads * params.seq_len);
  let i_token = (row / params.num_heads) % params.seq_len;
  var next_alpha = 0.0;
  if (i_token + 1u < params.seq_len && !starts_anew(i_batch, params.offset + i_token + 1u)) {
    next_alpha = shift_weights(f32(shift_logit[row + params.num_heads])).x;
  }
  return ShiftRow(i_batch, i_token, beta, next_alpha, has_previous(i_batch, i_token));
}

// Writes one Vector of dy = beta * g[t] + next_alpha * g[t + 1], g = dshifted; returns g[t] * (y[t - 1] - y[t]) there.
fn backward_elem(index: u32, row: ShiftRow) -> Vector {
  let g = Vector(dshifted[index]);
  var p_dy = row.beta * g;
  if (row.next_alpha != 0.0) {
    p_dy += row.next_alpha * Vector(dshifted[index + params.num_heads * params.columns]);
  }
  dy[index] = Y(p_dy);
  var difference = -Vector(y[index]);
  if (row.m_previous) {
    difference += previous_elem(index, row.i_batch, row.i_token);
  }
  return g * difference;
}
