// prepare-values-backward: from dv and the gradient of the output gate their columns of dpacked, and the gradients of v's shift logits.
// dpacked[t] = own[t] * dv[t] + previous[t + 1] * dv[t + 1]
// dshift[t] = slope[t] * <dv[t], packed[t - 1] - packed[t]>
// grid                  WG_SIZE / LANES rows (token, head of v or of the output gate) a workgroup, folded over x and y
// packed, dpacked       [B * T, row_vectors] Y, see packed-row     visibility  [B, visibility_len] (first, end) i32
// dv, doutput_gate      [B * T, Hkv, columns], [B * T, H, columns] Y
// sums                  f32: dshift [B * T, 2 Hkv] at shift_sums, of v the last Hkv
// cost                  2 values an element, v 5

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
  shift_sums: u32,
}

@group(0) @binding(0) var<storage, read> packed: array<Y>;
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read> dv: array<Y>;
@group(0) @binding(3) var<storage, read> doutput_gate: array<Y>;
@group(0) @binding(4) var<storage, read_write> dpacked: array<Y>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let heads = params.num_kv_heads + params.num_heads;
  let token = row / heads;
  let head = row % heads;
  let m_row = token < params.tokens;
  let m_value = m_row && head < params.num_kv_heads;
  let o_packed = head_at(token, heads + head);
  var shift = NO_SHIFT;
  var products = Vector(0.0);
  if (m_value) {
    let gate = params.num_kv_heads + head;
    shift = shift_of(token, gate);
    var next_weight = 0.0;  // previous[t + 1]
    if ((token + 1u) % params.seq_len != 0u) {
      next_weight = shift_of(token + 1u, gate).previous;
    }
    let o_value = (token * params.num_kv_heads + head) * params.columns;
    for (var column = lane; column < params.columns; column += LANES) {
      let g = Vector(dv[o_value + column]);
      var p_dpacked = shift.own * g;
      if (next_weight != 0.0) {
        p_dpacked += next_weight * Vector(dv[o_value + params.num_kv_heads * params.columns + column]);
      }
      dpacked[o_packed + column] = Y(p_dpacked);
      let index = o_packed + column;
      products += g * (previous_of(shift, index) - Vector(packed[index]));
    }
  } else if (m_row) {
    let o_gate = (token * params.num_heads + head - params.num_kv_heads) * params.columns;
    for (var column = lane; column < params.columns; column += LANES) {
      dpacked[o_packed + column] = doutput_gate[o_gate + column];
    }
  }
  let inner = lane_sums(thread, vector_sum(products));
  if (m_value && lane == 0u) {
    let o_shift = params.shift_sums + (2u * token + 1u) * params.num_kv_heads;
    sums[o_shift + head] = shift.slope * inner;
  }
}
