// rms-norm-backward.scalar: dx = rstd * (g - x * rstd^2 * mean(g * x)), g = dy * act(gate) * weight, and dgate = dy * x * rstd * weight * act'(gate); no workgroup memory, for software adapters.
// grid       one thread a row, 64 a workgroup, folded over x and y
// x, dx      [rows, columns] X     dy  [rows, columns] Y     gate, dgate  [rows, columns] Gate     weight  [weight_rows, columns] Vector     rstd  [rows] f32
// cost       4 values an element, 6 with a gate

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
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> weight: array<Vector>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<Y>;
@group(0) @binding(4) var<storage, read> gate: array<Gate>;
@group(0) @binding(5) var<storage, read_write> dx: array<X>;
@group(0) @binding(6) var<storage, read_write> dgate: array<Gate>;
@group(0) @binding(7) var<uniform> params: Params;

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
  var products = Vector(0.0);
  for (var i = 0u; i < params.columns; i++) {
    let direct = Vector(dy[o_x + i]) * act_at(o_x + i) * weight[o_weight + i];
    products += direct * Vector(x[o_x + i]);
  }
  let mean = vector_sum(products) / f32(params.columns * WIDTH);
  let p_rstd = rstd[row];
  let pull = p_rstd * p_rstd * mean;
  for (var i = 0u; i < params.columns; i++) {
    let p_x = Vector(x[o_x + i]);
    let p_dy = Vector(dy[o_x + i]);
    let direct = p_dy * act_at(o_x + i) * weight[o_weight + i];
    dx[o_x + i] = X(p_rstd * (direct - p_x * pull));
    if (HAS_GATE) {
      let normed = p_x * p_rstd * weight[o_weight + i];
      dgate[o_x + i] = Gate(p_dy * normed * gate_slope(Vector(gate[o_x + i])));
    }
  }
}
