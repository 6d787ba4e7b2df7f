// rms-norm-dweight: partial sums of dweight = sum over rows of dy * act(gate) * x * rstd; the tape adds the parts.
// grid       one thread a Vector of partial, 64 a workgroup, folded over x and y
// x, dy      [outer_rows * weight_rows, columns] X and Y, gate likewise Gate, read as [outer_rows, weight_rows * columns]
// rstd       [outer_rows * weight_rows] f32
// partial    [parts, weight_rows * columns] Vector, part p sums outer rows p * rows_per_part …
// cost       2 values an element, 3 with a gate

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = f32;           // f32, or vec4<f32> where a row has a multiple of 4 elements
alias X = f32;              // Vector as x lies in memory: of f32 or of f16
alias Y = f32;              // Vector as dy lies in memory
alias Gate = f32;           // Vector as gate lies in memory
const IS_SILU: bool = false;
const HAS_GATE: bool = false; // y is multiplied by act(gate)
// @end-spec

struct Params {
  outer_rows: u32,
  weight_rows: u32,
  columns: u32,             // vectors in a row
  rows_per_part: u32,
  parts: u32,
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> rstd: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<Y>;
@group(0) @binding(3) var<storage, read> gate: array<Gate>;
@group(0) @binding(4) var<storage, read_write> partial_sums: array<Vector>;
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
  let index = id.y * groups.x * WG_SIZE + id.x;
  let outer_columns = params.weight_rows * params.columns;
  let part = index / outer_columns;
  if (part >= params.parts) {
    return;
  }
  let column = index % outer_columns;
  let weight_row = column / params.columns;
  let first = part * params.rows_per_part;
  let end = min(first + params.rows_per_part, params.outer_rows);
  var sum = Vector(0.0);
  for (var row = first; row < end; row++) {
    let o_x = row * outer_columns + column;
    sum += Vector(dy[o_x]) * act_at(o_x) * Vector(x[o_x]) * rstd[row * params.weight_rows + weight_row];
  }
  partial_sums[index] = sum;
}
