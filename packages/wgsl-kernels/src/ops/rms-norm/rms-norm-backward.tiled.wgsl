// rms-norm-backward.tiled: dx = rstd * (g - x * rstd^2 * mean(g * x)), g = dy * act(gate) * weight, dgate = dy * x * rstd * weight * act'(gate), and partial sums of dweight = sum over rows of dy * act(gate) * x * rstd; for GPUs.
// LANES threads share a row and walk every parts-th outer row, so that each has its vectors of weight and of dweight in registers.
// grid          WG_SIZE / LANES walks (part, weight row) a workgroup, folded over x and y
// x, dx         [rows, columns] X, read as [outer_rows, weight_rows, columns]     dy  [rows, columns] Y     gate, dgate  [rows, columns] Gate
// weight        [weight_rows, columns] Vector     rstd  [rows] f32
// partial_sums  [parts, weight_rows, columns] Vector
// cost          3 values an element, 5 with a gate

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 32u;     // power of two that divides WG_SIZE
const OWN: u32 = 1u;        // vectors of a row that each of them has: ceil(columns / LANES)
const WIDTH: u32 = 1u;      // f32 values in a Vector
alias Vector = f32;
alias X = f32;              // Vector as x and dx lie in memory: of f32 or of f16
alias Y = f32;              // Vector as y and dy lie in memory
alias Gate = f32;           // Vector as gate and dgate lie in memory
const IS_SILU: bool = false;
const HAS_GATE: bool = false; // y is multiplied by act(gate)
const HAS_PARTIAL_SUMS: bool = true;
// @end-spec

struct Params {
  outer_rows: u32,
  weight_rows: u32,
  columns: u32,             // vectors in a row
  parts: u32,
  steps: u32,               // outer rows of a walk: ceil(outer_rows / parts)
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> weight: array<Vector>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<Y>;
@group(0) @binding(4) var<storage, read> gate: array<Gate>;
@group(0) @binding(5) var<storage, read_write> dx: array<X>;
@group(0) @binding(6) var<storage, read_write> dgate: array<Gate>;
@group(0) @binding(7) var<storage, read_write> partial_sums: array<Vector>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let walk = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let part = walk / params.weight_rows;
  let weight_row = walk % params.weight_rows;
  let m_part = part < params.parts;
  var p_weight: array<Vector, OWN>;
  var p_dweight: array<Vector, OWN>;
  for (var i = 0u; i < OWN; i++) { // @unroll
    let column = lane + i * LANES;
    if (m_part && column < params.columns) {
      p_weight[i] = weight[weight_row * params.columns + column];
    }
  }
  for (var step = 0u; step < params.steps; step++) {
    let outer_row = part + step * params.parts;
    let m_row = m_part && outer_row < params.outer_rows;
    let row = outer_row * params.weight_rows + weight_row;
    let o_x = row * params.columns;
    var p_x: array<Vector, OWN>;
    var p_dy: array<Vector, OWN>; // behind the gate
    var p_dgate: array<Vector, OWN>; // without the normed x
    var products = Vector(0.0);
    for (var i = 0u; i < OWN; i++) { // @unroll
      let column = lane + i * LANES;
      if (m_row && column < params.columns) {
        p_x[i] = Vector(x[o_x + column]);
        p_dy[i] = Vector(dy[o_x + column]);
        if (HAS_GATE) {
          let g = Vector(gate[o_x + column]);
          p_dgate[i] = p_dy[i] * gate_slope(g);
          p_dy[i] *= gate_act(g);
        }
        products += p_dy[i] * p_weight[i] * p_x[i];
      }
    }
    let mean = lane_sum(thread, vector_sum(products)) / f32(params.columns * WIDTH);
    if (m_row) {
      let p_rstd = rstd[row];
      let pull = p_rstd * p_rstd * mean;
      for (var i = 0u; i < OWN; i++) { // @unroll
        let column = lane + i * LANES;
        if (column < params.columns) {
          dx[o_x + column] = X(p_rstd * (p_dy[i] * p_weight[i] - p_x[i] * pull));
          p_dweight[i] += p_dy[i] * p_x[i] * p_rstd;
          if (HAS_GATE) {
            dgate[o_x + column] = Gate(p_dgate[i] * p_x[i] * p_rstd * p_weight[i]);
          }
        }
      }
    }
  }
  if (HAS_PARTIAL_SUMS && m_part) {
    for (var i = 0u; i < OWN; i++) { // @unroll
      let column = lane + i * LANES;
      if (column < params.columns) {
        partial_sums[walk * params.columns + column] = p_dweight[i];
      }
    }
  }
}
