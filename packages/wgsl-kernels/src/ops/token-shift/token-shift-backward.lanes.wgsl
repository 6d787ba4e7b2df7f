// token-shift-backward.lanes: gradients of the token shift; LANES threads share a head of a token, for GPUs.
// g = dshifted: dy[t] = (1 - alpha[t]) * g[t] + alpha[t + 1] * g[t + 1]
// dshift_logit[t] = alpha[t] * (1 - alpha[t]) * <g[t], y[t - 1] - y[t]>
// grid                  WG_SIZE / LANES rows (b, t, h) a workgroup, folded over x and y
// y, dshifted, dy       [B, T, H, columns] Elem     shift_logit, dshift_logit  [B, T, H] f32
// cost                  20 bytes an element

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 8u;      // power of two that divides WG_SIZE
const WIDTH: u32 = 1u;      // f32 values in an Elem
alias Elem = f32;
// @end-spec

struct Params {
  rows: u32,                // B * T * H
  seq_len: u32,
  num_heads: u32,
  columns: u32,             // Elems in a head
}

@group(0) @binding(0) var<storage, read> y: array<Elem>;
@group(0) @binding(1) var<storage, read> shift_logit: array<f32>;
@group(0) @binding(2) var<storage, read> dshifted: array<Elem>;
@group(0) @binding(3) var<storage, read_write> dy: array<Elem>;
@group(0) @binding(4) var<storage, read_write> dshift_logit: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

// Weight of the previous token at t + 1; 0 behind the end.
fn next_alpha(row: u32, m_next: bool) -> f32 {
  if (m_next) {
    return shift_weights(shift_logit[row + params.num_heads]).x;
  }
  return 0.0;
}

// Writes one Elem of dy = beta * g[t] + p_next_alpha * g[t + 1]; returns g[t] * (y[t - 1] - y[t]) there.
fn backward_elem(index: u32, beta: f32, p_next_alpha: f32, m_prev: bool, m_next: bool) -> Elem {
  let o_step = params.num_heads * params.columns;
  let g = dshifted[index];
  var p_dy = beta * g;
  if (m_next) {
    p_dy += p_next_alpha * dshifted[index + o_step];
  }
  dy[index] = p_dy;
  var difference = -y[index];
  if (m_prev) {
    difference += y[index - o_step];
  }
  return g * difference;
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let m_row = row < params.rows;
  let lane = thread % LANES;
  let t = (row / params.num_heads) % params.seq_len;
  let m_next = t + 1u < params.seq_len;
  var weights = vec2<f32>(0.0);
  var products = Elem(0.0);
  if (m_row) {
    weights = shift_weights(shift_logit[row]);
    let p_next_alpha = next_alpha(row, m_next);
    let o_row = row * params.columns;
    for (var column = lane; column < params.columns; column += LANES) {
      products += backward_elem(o_row + column, weights.y, p_next_alpha, t > 0u, m_next);
    }
  }
  let inner = lane_sum(thread, elem_sum(products));
  if (m_row && lane == 0u) {
    dshift_logit[row] = inner * weights.x * weights.y;
  }
}
