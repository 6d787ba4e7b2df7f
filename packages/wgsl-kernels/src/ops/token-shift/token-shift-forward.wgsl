// token-shift-forward: shifted[t] = alpha[t] * y[t - 1] + (1 - alpha[t]) * y[t], alpha = sigmoid(shift_logit), y[t - 1] = 0 where a document begins. [FoX v2, data-dependent token shift]
// grid         one thread a Vector of y, 64 a workgroup, folded over x and y
// y, shifted   [B, T, H, columns] Y     shift_logit  [B, T, H] Logit
// visibility        [B, visibility_len] (first, end) i32     previous  [B, H, columns] Y, y[-1]
// cost         3 values an element

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = f32;           // f32, or vec4<f32> where a head has a multiple of 4 elements
alias Y = f32;                // Vector as y, previous and shifted lie in memory: of f32 or of f16
alias Logit = f32;            // shift_logit in memory: f32 or f16
// @end-spec

struct Params {
  rows: u32,                // B * T * H
  seq_len: u32,
  num_heads: u32,
  columns: u32,             // vectors in a head
  visibility_len: u32,            // 0: no visibility
  offset: u32,              // where the chunk of T tokens stands in the visibility
  has_previous: u32,
}

@group(0) @binding(0) var<storage, read> y: array<Y>;
@group(0) @binding(1) var<storage, read> shift_logit: array<Logit>;
@group(0) @binding(2) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read> previous: array<Y>;
@group(0) @binding(4) var<storage, read_write> shifted: array<Y>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let row = index / params.columns;
  if (row >= params.rows) {
    return;
  }
  let i_batch = row / (params.num_heads * params.seq_len);
  let i_token = (row / params.num_heads) % params.seq_len;
  let weights = shift_weights(f32(shift_logit[row]));
  var value = weights.y * Vector(y[index]);
  if (has_previous(i_batch, i_token)) {
    value += weights.x * previous_elem(index, i_batch, i_token);
  }
  shifted[index] = Y(value);
}
