// rms-norm-forward.scalar: y = x * rstd * weight, times act(gate) where there is one, rstd = 1 / sqrt(mean(x^2) + eps); no workgroup memory, for software adapters.
// grid    one thread a row, 64 a workgroup, folded over x and y
// x, y    [rows, columns] X and Y     gate  [rows, columns] Gate     weight  [weight_rows, columns] Vector, row r uses r % weight_rows
// rstd    [rows] f32, for backward
// cost    3 values an element, 4 with a gate

// @spec
const WG_SIZE: u32 = 64u;
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
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let row = id.y * groups.x * WG_SIZE + id.x;
  if (row >= params.rows) {
    return;
  }
  let o_x = row * params.columns;
  let o_weight = (row % params.weight_rows) * params.columns;
  var squares = Vector(0.0);
  for (var i = 0u; i < params.columns; i++) {
    let value = Vector(x[o_x + i]);
    squares += value * value;
  }
  let mean = vector_sum(squares) / f32(params.columns * WIDTH);
  let p_rstd = inverseSqrt(mean + params.eps);
  for (var i = 0u; i < params.columns; i++) {
    y[o_x + i] = Y(Vector(x[o_x + i]) * p_rstd * weight[o_weight + i] * act_at(o_x + i));
  }
  rstd[row] = p_rstd;
}
