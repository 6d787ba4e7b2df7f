// prepare-heads-backward: from dq, dk and dv their columns of dpacked, the gradients of both shifts' logits, and partial sums of those of the norm weights.
// With x = the mixed head and, for q and k, g = rstd * (dy * weight - x * rstd^2 * mean(dy * weight * x)), for v g = dy, the gradient of x:
// dpacked[t] = own[t] * g[t] + previous[t + 1] * g[t + 1]
// dshift[t] = slope[t] * <g[t], packed[t - 1] - packed[t]>
// dweight = sum over tokens of dy * x * rstd
// A group of threads walks a head of STRETCH tokens from the last to the first, and so has g[t + 1] when it needs it.
// grid                  WG_SIZE / LANES rows (stretch, head of q, k or v) a workgroup, folded over x and y
// packed, dpacked       [B * T, row_vectors] Y, see packed-row     visibility  [B, visibility_len] (first, end) i32
// weights               f32: norm weights [H or 1, D] at q_weight and [Hkv or 1, D] at k_weight
// dq; dk, dv            [B * T, H, columns]; [B * T, Hkv, columns] Y
// sums                  [parts, part_width] f32, a part a stretch: dweight [H + Hkv, D] at 0, dshift [STRETCH, 2 Hkv] at shift_sums
// cost                  3 values an element, k and v 4

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 16u;     // threads that share a head: a power of two that divides WG_SIZE
const OWN: u32 = 1u;        // vec4s of a head that each of them has: ceil(columns / LANES)
const STRETCH: u32 = 16u;   // tokens
alias Y = vec4<f32>;        // activations in memory: of f32 or of f16
alias Sums = vec4<f32>;
// @end-spec

struct Params {
  parts: u32,               // B * stretches of a row of tokens
  seq_len: u32,
  num_heads: u32,
  num_kv_heads: u32,
  columns: u32,             // vec4s in a head
  row_vectors: u32,         // vec4s in a row of packed
  visibility_len: u32,      // 0: no visibility
  has_head_weights: u32,    // 1: each head has norm weights of its own
  q_weight: u32,
  k_weight: u32,
  part_width: u32,
  shift_sums: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> packed: array<Y>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read> dq: array<Y>;
@group(0) @binding(4) var<storage, read> dk: array<Y>;
@group(0) @binding(5) var<storage, read> dv: array<Y>;
@group(0) @binding(6) var<storage, read_write> dpacked: array<Y>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

// dq, dk or dv of a head, counted over the three.
fn gradient_at(token: u32, head: u32, column: u32) -> vec4f {
  if (head < params.num_heads) {
    return vec4f(dq[(token * params.num_heads + head) * params.columns + column]);
  }
  let kv_head = head - params.num_heads;
  if (kv_head < params.num_kv_heads) {
    return vec4f(dk[(token * params.num_kv_heads + kv_head) * params.columns + column]);
  }
  let value = token * params.num_kv_heads + kv_head - params.num_kv_heads;
  return vec4f(dv[value * params.columns + column]);
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let normed = params.num_heads + params.num_kv_heads;
  let heads = normed + params.num_kv_heads;
  let part = row / heads;
  let head = row % heads;
  let m_row = part < params.parts;
  let m_query = head < params.num_heads;
  let m_normed = head < normed;
  let shift_gate = head - min(head, params.num_heads);
  let stretches = (params.seq_len + STRETCH - 1u) / STRETCH;
  let i_batch = part / stretches;
  let first = (part % stretches) * STRETCH;
  var p_weight: array<vec4f, OWN>;
  var p_dweight: array<vec4f, OWN>;
  var p_next: array<vec4f, OWN>;   // g[t + 1]
  var next_weight = 0.0;           // previous[t + 1]
  for (var i = 0u; i < OWN; i++) {
    p_weight[i] = vec4f(1.0);
    if (m_row && m_normed && lane + i * LANES < params.columns) {
      p_weight[i] = weight_at(head, lane + i * LANES);
    }
  }
  // The first token of the walk belongs to the next stretch: a key and a value need its g.
  for (var step = 0u; step <= STRETCH; step++) {
    let i_token = first + STRETCH - step;
    let m_own = step > 0u;
    let m_token = m_row && i_token < params.seq_len && (m_own || !m_query);
    let token = i_batch * params.seq_len + i_token;
    let o_packed = head_at(token, head);
    var shift = NO_SHIFT;
    var p_x: array<vec4f, OWN>;
    var p_dy: array<vec4f, OWN>;
    var products = Sums(0.0);
    if (m_token) {
      if (!m_query) {
        shift = shift_of(token, shift_gate);
      }
      for (var i = 0u; i < OWN; i++) {
        let column = lane + i * LANES;
        if (column < params.columns) {
          let own = vec4f(packed[o_packed + column]);
          let previous = previous_of(shift, o_packed + column);
          p_x[i] = shift.own * own + shift.previous * previous;
          p_dy[i] = gradient_at(token, head, column);
          let pull = p_dy[i] * p_weight[i];
          let difference = previous - own;
          products += Sums(
            dot(p_x[i], p_x[i]),
            dot(pull, p_x[i]),
            dot(pull, difference),
            dot(p_x[i], difference),
          );
        }
      }
    }
    let total = lane_sums(thread, products);
    if (m_token) {
      let count = f32(4u * params.columns);
      let rstd = select(1.0, inverseSqrt(total.x / count + params.eps), m_normed);
      let along = select(0.0, rstd * rstd * total.y / count, m_normed);
      for (var i = 0u; i < OWN; i++) {
        let column = lane + i * LANES;
        if (column < params.columns) {
          let g = rstd * (p_dy[i] * p_weight[i] - p_x[i] * along);
          if (m_own) {
            dpacked[o_packed + column] = Y(shift.own * g + next_weight * p_next[i]);
            p_dweight[i] += p_dy[i] * p_x[i] * rstd;
          }
          p_next[i] = g;
        }
      }
      next_weight = shift.previous;
      if (m_own && !m_query && lane == 0u) {
        let o_shift = part * params.part_width + params.shift_sums;
        let at = (i_token - first) * 2u * params.num_kv_heads + shift_gate;
        sums[o_shift + at] = shift.slope * rstd * (total.z - along * total.w);
      }
    }
  }
  if (m_row && m_normed) {
    for (var i = 0u; i < OWN; i++) {
      let column = lane + i * LANES;
      if (column < params.columns) {
        let o_sum = part * params.part_width + 4u * (head * params.columns + column);
        for (var at = 0u; at < 4u; at++) {
          sums[o_sum + at] = p_dweight[i][at];
        }
      }
    }
  }
}
