// prepare-query-key-forward: q = rmsNorm(q of packed), k = rmsNorm(tokenShift(k of packed)), each head by itself. [FoX v2, Sec. 3: QK-norm, KV-shift]
// grid                  WG_SIZE / LANES rows (token, head of q or k) a workgroup, folded over x and y
// packed                [B * T, row_vectors] Y, see packed-row     visibility  [B, visibility_len] (first, end) i32
// q_weight, k_weight    [H or 1, columns], [Hkv or 1, columns] Vector
// q, k                  [B * T, H, columns], [B * T, Hkv, columns] Y
// cost                  2 values an element, k 3

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 4u;      // threads that share a head of a token: a power of two that divides WG_SIZE
const WIDTH: u32 = 1u;      // values in a Vector
alias Vector = f32;
alias Y = f32;              // Vector as activations lie in memory: of f32 or of f16
alias Sums = f32;
// @end-spec

struct Params {
  tokens: u32,              // B * T
  seq_len: u32,
  num_heads: u32,
  num_kv_heads: u32,
  columns: u32,             // vectors in a head
  row_vectors: u32,         // vectors in a row of packed
  visibility_len: u32,      // 0: no visibility
  has_head_weights: u32,    // 1: each head has norm weights of its own
  eps: f32,
}

@group(0) @binding(0) var<storage, read> packed: array<Y>;
@group(0) @binding(1) var<storage, read> q_weight: array<Vector>;
@group(0) @binding(2) var<storage, read> k_weight: array<Vector>;
@group(0) @binding(3) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read_write> q: array<Y>;
@group(0) @binding(5) var<storage, read_write> k: array<Y>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let heads = params.num_heads + params.num_kv_heads;
  let token = row / heads;
  let head = row % heads;
  let m_row = token < params.tokens;
  let m_query = head < params.num_heads;
  let kv_head = head - min(head, params.num_heads);
  let o_row = head_at(token, head);
  var shift = NO_SHIFT;
  var squares = Vector(0.0);
  if (m_row) {
    if (!m_query) {
      shift = shift_of(token, kv_head);
    }
    for (var column = lane; column < params.columns; column += LANES) {
      let value = mix(shift, o_row + column);
      squares += value * value;
    }
  }
  let mean = lane_sums(thread, vector_sum(squares)) / f32(params.columns * WIDTH);
  let rstd = inverseSqrt(mean + params.eps);
  if (!m_row) {
    return;
  }
  for (var column = lane; column < params.columns; column += LANES) {
    let normed = mix(shift, o_row + column) * rstd;
    if (m_query) {
      let weight = q_weight[params.has_head_weights * head * params.columns + column];
      q[(token * params.num_heads + head) * params.columns + column] = Y(normed * weight);
    } else {
      let weight = k_weight[params.has_head_weights * kv_head * params.columns + column];
      k[(token * params.num_kv_heads + kv_head) * params.columns + column] = Y(normed * weight);
    }
  }
}
