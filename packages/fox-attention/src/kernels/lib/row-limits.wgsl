// row-limits: where the keys of a row begin, and when the forward kernels may stop on their way to the left.
// limits  HAS_RANGES: start_index i32 [B, H, ceil(M / block_m)], key positions
//         HAS_STOP_RULE: block bounds f32 [B, H, ceil(N / block_n), 2], (S_j, max norm of k_t over t <= j), j the last key of a block
// visibility   [B, N] (first, end), read only if HAS_VISIBILITY

// ROUNDING, of the kernel: what rounding may take from a bound, relative to the largest logits before position j and after it
// (lse is made of those).

fn load_lambda(at: u32) -> vec2<i32> {
  if (HAS_GATE) { return log_lambda[at]; }
  return vec2<i32>(0);
}

// First key that row i may keep; its position + 1 if it keeps none.
fn first_key(i: u32, h: u32, b: u32) -> u32 {
  let position = i + params.key_len - params.query_len;
  var first = 0;
  if (HAS_VISIBILITY) { first = visibility[b * params.key_len + position].x; }
  if (HAS_RANGES) {
    let blocks = (params.query_len + params.block_m - 1u) / params.block_m;
    first = max(first, limits[(b * params.num_heads + h) * blocks + i / params.block_m]);
  }
  return u32(clamp(first, 0, i32(position) + 1));
}

// (S, largest norm) of the keys before position j, a multiple of block_n. bh = b H + h
fn bound_before(bh: u32, j: u32) -> vec2f {
  let blocks = (params.key_len + params.block_n - 1u) / params.block_n;
  let at = (bh * blocks + j / params.block_n - 1u) * 2u;
  return bitcast<vec2f>(vec2<i32>(limits[at], limits[at + 1u]));
}

// Whether rows may drop all keys before position j: s |q| max|k| + D + S - lse <= log eps.
// norms: s |q|; decay: D to key j - 1; bound: bound_before(j); max_norm: largest |k| of the blocks done so far; pivots, sums: online softmax in base 2 so far, sum 0 if no key yet
fn may_drop(norms: vec4f, decay: vec4f, bound: vec2f, max_norm: f32, pivots: vec4f, sums: vec4f) -> vec4<bool> {
  let m_seen = sums > vec4f(0.0);
  let lse = (pivots + log2(select(vec4f(1.0), sums, m_seen))) * LN2;
  let margin = ROUNDING * (norms * max(bound.y, max_norm) + abs(lse));
  return m_seen & (norms * bound.y + decay + bound.x - lse + margin <= vec4f(params.log_tolerance));
}
