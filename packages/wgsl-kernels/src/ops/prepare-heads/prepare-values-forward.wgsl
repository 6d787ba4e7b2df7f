// prepare-values-forward: v = tokenShift(v of packed), the output gate as it is, logFgate = log(sigmoid(column + bias)). [FoX v2, Sec. 3: KV-shift, forget gate]
// grid                  one thread a Vector of v or of the output gate, 64 a workgroup, folded over x and y
// packed                [B * T, row_vectors] Y, see packed-row     visibility  [B, visibility_len] (first, end) i32
// bias                  [H] f32     log_fgate  [B * T, H] f32
// v, output_gate        [B * T, Hkv, columns], [B * T, H, columns] Y
// cost                  2 values an element, v 3

// @spec
const WG_SIZE: u32 = 64u;
const WIDTH: u32 = 1u;      // values in a Vector
alias Vector = f32;
alias Y = f32;              // Vector as activations lie in memory: of f32 or of f16
// @end-spec

struct Params {
  tokens: u32,              // B * T
  seq_len: u32,
  num_heads: u32,
  num_kv_heads: u32,
  columns: u32,             // vectors in a head
  row_vectors: u32,         // vectors in a row of packed
  visibility_len: u32,      // 0: no visibility
}

@group(0) @binding(0) var<storage, read> packed: array<Y>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read_write> v: array<Y>;
@group(0) @binding(4) var<storage, read_write> output_gate: array<Y>;
@group(0) @binding(5) var<storage, read_write> log_fgate: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let heads = params.num_kv_heads + params.num_heads;
  let row = index / params.columns;
  let column = index % params.columns;
  let token = row / heads;
  let head = row % heads;
  if (token >= params.tokens) {
    return;
  }
  let o_packed = head_at(token, heads + head) + column;
  if (head < params.num_kv_heads) {
    let shift = shift_of(token, params.num_kv_heads + head);
    v[(token * params.num_kv_heads + head) * params.columns + column] = Y(mix(shift, o_packed));
    return;
  }
  let query_head = token * params.num_heads + head - params.num_kv_heads;
  output_gate[query_head * params.columns + column] = packed[o_packed];
  if (column == 0u) {
    // Gates of the forget gate follow those of both shifts.
    let logit = gate_logit(token, params.num_kv_heads + head);
    log_fgate[query_head] = log_sigmoid(logit + bias[head - params.num_kv_heads]);
  }
}
