// rms-norm-forward.tiled: y = x * rstd * weight, times act(gate) where there is one, rstd = 1 / sqrt(mean(x^2) + eps); LANES threads share a row, for GPUs.
// grid    WG_SIZE / LANES rows a workgroup, folded over x and y
// x, y    [rows, columns] X and Y     gate  [rows, columns] Gate     weight  [weight_rows, columns] Vector, row r uses r % weight_rows
// rstd    [rows] f32, for backward
// cost    3 values an element, 4 with a gate

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 32u;     // power of two that divides WG_SIZE
const WIDTH: u32 = 1u;      // f32 values in a Vector
alias Vector = f32;
alias X = f32;              // Vector as x and dx lie in memory: of f32 or of f16
alias Y = f32;              // Vector as y and dy lie in memory
alias Gate = f32;           // Vector as gate and dgate lie in memory
const IS_SILU: bool = false;
const HAS_GATE: bool = false; // y is multiplied by act(gate)
// @end-spec

struct Params {
  rows: u32,
  columns: u32,             // vectors in a row
  weight_rows: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> weight: array<Vector>;
@group(0) @binding(2) var<storage, read> gate: array<Gate>;
@group(0) @binding(3) var<storage, read_write> y: array<Y>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

// What y is multiplied by.
fn act_at(index: u32) -> Vector {
  if (HAS_GATE) {
    return gate_act(Vector(gate[index]));
  }
  return Vector(1.0);
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
  let o_x = row * params.columns;
  let o_weight = (row % params.weight_rows) * params.columns;
  var squares = Vector(0.0);
  if (m_row) {
    for (var i = lane; i < params.columns; i += LANES) {
      let value = Vector(x[o_x + i]);
      squares += value * value;
    }
  }
  let mean = lane_sum(thread, vector_sum(squares)) / f32(params.columns * WIDTH);
  let p_rstd = inverseSqrt(mean + params.eps);
  if (m_row) {
    for (var i = lane; i < params.columns; i += LANES) {
      y[o_x + i] = Y(Vector(x[o_x + i]) * p_rstd * weight[o_weight + i] * act_at(o_x + i));
    }
    if (lane == 0u) {
      rstd[row] = p_rstd;
    }
  }
}
