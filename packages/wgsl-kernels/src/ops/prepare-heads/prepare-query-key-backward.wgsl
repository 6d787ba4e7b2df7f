// prepare-query-key-backward: from dq and dk the columns of q and k of dpacked, the gradients of k's shift logits, and partial sums of those of the norm weights.
// With x = the mixed head and g = rstd * (dy * weight - x * rstd^2 * mean(dy * weight * x)), the gradient of x:
// dpacked[t] = own[t] * g[t] + previous[t + 1] * g[t + 1]
// dshift[t] = slope[t] * <g[t], packed[t - 1] - packed[t]>
// dweight = sum over tokens of dy * x * rstd
// A group of threads walks a head of STRETCH tokens from the last to the first, and so has g[t + 1] when it needs it.
// grid                  WG_SIZE / LANES rows (stretch, head of q or k) a workgroup, folded over x and y
// packed, dpacked       [B * T, row_vectors] Y, see packed-row     visibility  [B, visibility_len] (first, end) i32
// q_weight, k_weight    [H or 1, columns], [Hkv or 1, columns] Vector
// dq, dk                [B * T, H, columns], [B * T, Hkv, columns] Y
// sums                  f32: dweight [parts, H + Hkv, D] at 0, dshift [B * T, 2 Hkv] at shift_sums, of k the first Hkv
// cost                  3 values an element, k 4

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 16u;     // threads that share a head: a power of two that divides WG_SIZE
const OWN: u32 = 1u;        // vectors of a head that each of them has: ceil(columns / LANES)
const STRETCH: u32 = 16u;   // tokens
const WIDTH: u32 = 1u;      // values in a Vector
alias Vector = f32;
alias Y = f32;              // Vector as activations lie in memory: of f32 or of f16
alias Sums = vec4<f32>;
// @end-spec

struct Params {
  parts: u32,               // B * stretches of a row of tokens
  seq_len: u32,
  num_heads: u32,
  num_kv_heads: u32,
  columns: u32,             // vectors in a head
  row_vectors: u32,         // vectors in a row of packed
  visibility_len: u32,      // 0: no visibility
  has_head_weights: u32,    // 1: each head has norm weights of its own
  shift_sums: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> packed: array<Y>;
@group(0) @binding(1) var<storage, read> q_weight: array<Vector>;
@group(0) @binding(2) var<storage, read> k_weight: array<Vector>;
@group(0) @binding(3) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> dq: array<Y>;
@group(0) @binding(5) var<storage, read> dk: array<Y>;
@group(0) @binding(6) var<storage, read_write> dpacked: array<Y>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let heads = params.num_heads + params.num_kv_heads;
  let part = row / heads;
  let head = row % heads;
  let m_row = part < params.parts;
  let m_query = head < params.num_heads;
  let kv_head = head - min(head, params.num_heads);
  let stretches = (params.seq_len + STRETCH - 1u) / STRETCH;
  let i_batch = part / stretches;
  let first = (part % stretches) * STRETCH;
  let o_weight = select(kv_head, head, m_query) * params.has_head_weights * params.columns;
  var p_dweight: array<Vector, OWN>;
  var p_next: array<Vector, OWN>;  // g[t + 1]
  var next_weight = 0.0;           // previous[t + 1]
  // The first token of the walk belongs to the next stretch: a key needs its g.
  for (var step = 0u; step <= STRETCH; step++) {
    let i_token = first + STRETCH - step;
    let m_own = step > 0u;
    let m_token = m_row && i_token < params.seq_len && (m_own || !m_query);
    let token = i_batch * params.seq_len + i_token;
    let o_packed = head_at(token, head);
    var shift = NO_SHIFT;
    var p_x: array<Vector, OWN>;
    var p_dy: array<Vector, OWN>;
    var p_pull: array<Vector, OWN>; // dy * weight
    var products = Sums(0.0);
    if (m_token) {
      if (!m_query) {
        shift = shift_of(token, kv_head);
      }
      for (var i = 0u; i < OWN; i++) {
        let column = lane + i * LANES;
        if (column < params.columns) {
          let own = Vector(packed[o_packed + column]);
          let previous = previous_of(shift, o_packed + column);
          let x = shift.own * own + shift.previous * previous;
          if (m_query) {
            p_dy[i] = Vector(dq[(token * params.num_heads + head) * params.columns + column]);
            p_pull[i] = p_dy[i] * q_weight[o_weight + column];
          } else {
            p_dy[i] = Vector(dk[(token * params.num_kv_heads + kv_head) * params.columns + column]);
            p_pull[i] = p_dy[i] * k_weight[o_weight + column];
          }
          p_x[i] = x;
          let difference = previous - own;
          products += Sums(
            vector_sum(x * x),
            vector_sum(p_pull[i] * x),
            vector_sum(p_pull[i] * difference),
            vector_sum(x * difference),
          );
        }
      }
    }
    let total = lane_sums(thread, products);
    if (m_token) {
      let count = f32(params.columns * WIDTH);
      let rstd = inverseSqrt(total.x / count + params.eps);
      let along = rstd * rstd * total.y / count;
      for (var i = 0u; i < OWN; i++) {
        let column = lane + i * LANES;
        if (column < params.columns) {
          let g = rstd * (p_pull[i] - p_x[i] * along);
          if (m_own) {
            dpacked[o_packed + column] = Y(shift.own * g + next_weight * p_next[i]);
            p_dweight[i] += p_dy[i] * p_x[i] * rstd;
          }
          p_next[i] = g;
        }
      }
      next_weight = shift.previous;
      if (m_own && !m_query && lane == 0u) {
        let inner = rstd * (total.z - along * total.w);
        sums[params.shift_sums + token * 2u * params.num_kv_heads + kv_head] = shift.slope * inner;
      }
    }
  }
  if (m_row) {
    for (var i = 0u; i < OWN; i++) {
      let column = lane + i * LANES;
      if (column < params.columns) {
        let values = vec4<f32>(p_dweight[i]);
        let o_sum = (row * params.columns + column) * WIDTH;
        for (var at = 0u; at < WIDTH; at++) {
          sums[o_sum + at] = values[at];
        }
      }
    }
  }
}
