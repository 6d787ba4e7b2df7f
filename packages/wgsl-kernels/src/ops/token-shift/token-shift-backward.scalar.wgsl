// token-shift-backward.scalar: gradients of the token shift; no workgroup memory, for software adapters.
// g = dshifted: dy[t] = (1 - alpha[t]) * g[t] + alpha[t + 1] * g[t + 1]
// dshift_logit[t] = alpha[t] * (1 - alpha[t]) * <g[t], y[t - 1] - y[t]>
// grid                  one thread a (b, t, h), 64 a workgroup, folded over x and y
// y, dshifted, dy       [B, T, H, columns] Y     shift_logit, dshift_logit  [B, T, H] Logit
// visibility                 [B, visibility_len] (first, end) i32     previous  [B, H, columns] Y, y[-1], without gradient
// cost                  5 values an element

// @spec
const WG_SIZE: u32 = 64u;
const WIDTH: u32 = 1u;      // f32 values in a Vector
alias Vector = f32;
alias Y = f32;              // Vector as y and its gradients lie in memory: of f32 or of f16
alias Logit = f32;          // shift_logit and its gradient in memory: f32 or f16
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
@group(0) @binding(2) var<storage, read> dshifted: array<Y>;
@group(0) @binding(3) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> previous: array<Y>;
@group(0) @binding(5) var<storage, read_write> dy: array<Y>;
@group(0) @binding(6) var<storage, read_write> dshift_logit: array<Logit>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let row = id.y * groups.x * WG_SIZE + id.x;
  if (row >= params.rows) {
    return;
  }
  let weights = shift_weights(f32(shift_logit[row]));
  let p_row = shift_row(row, weights.y);
  let o_row = row * params.columns;
  var products = Vector(0.0);
  for (var column = 0u; column < params.columns; column++) {
    products += backward_elem(o_row + column, p_row);
  }
  dshift_logit[row] = Logit(vector_sum(products) * weights.x * weights.y);
}
