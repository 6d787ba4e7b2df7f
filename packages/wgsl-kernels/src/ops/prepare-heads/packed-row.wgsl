// packed-row: where the parts of a packed projection lie, and what its keys and values are mixed with.
// A row (token): heads of q [H], k [Hkv], v [Hkv] and the output gate [H], D each; then gates: shifts of k [Hkv] and of v [Hkv], forget gates [H]; zeros.
// Needs shift-weights.wgsl, visibility-starts.wgsl, the binding `packed`: array of four f32 or f16 each, and `params` of these kernels.

// First vec4 of a head, counted over all four parts.
fn head_at(token: u32, head: u32) -> u32 {
  return token * params.row_vectors + head * params.columns;
}

// Logit of a gate, counted over all three kinds.
fn gate_logit(token: u32, gate: u32) -> f32 {
  let first = head_at(token, 2u * (params.num_heads + params.num_kv_heads));
  return f32(packed[first + gate / 4u][gate % 4u]);
}

struct Shift {
  previous: f32,            // weight of the token before; 0 where a document begins
  own: f32,                 // weight of the token
  slope: f32,               // derivative of the former, and minus that of the latter, in the logit
}

const NO_SHIFT = Shift(0.0, 1.0, 0.0);

fn shift_of(token: u32, gate: u32) -> Shift {
  let weights = shift_weights(gate_logit(token, gate));
  let i_token = token % params.seq_len;
  let m_previous = i_token > 0u && !starts_anew(token / params.seq_len, i_token);
  return Shift(select(0.0, weights.x, m_previous), weights.y, weights.x * weights.y);
}

// Of the token before, where the shift takes something of it.
fn previous_of(shift: Shift, index: u32) -> vec4f {
  if (shift.previous == 0.0) {
    return vec4f(0.0);
  }
  return vec4f(packed[index - params.row_vectors]);
}

fn mix(shift: Shift, index: u32) -> vec4f {
  return shift.own * vec4f(packed[index]) + shift.previous * previous_of(shift, index);
}

// Norm weight of a head, counted over those of q and k. Needs the binding `weights`: array<f32>, and `params`.
fn weight_at(head: u32, column: u32) -> vec4f {
  var first = params.q_weight + 4u * params.has_head_weights * head * params.columns;
  if (head >= params.num_heads) {
    first = params.k_weight + 4u * params.has_head_weights * (head - params.num_heads) * params.columns;
  }
  let at = first + 4u * column;
  return vec4f(weights[at], weights[at + 1u], weights[at + 2u], weights[at + 3u]);
}
