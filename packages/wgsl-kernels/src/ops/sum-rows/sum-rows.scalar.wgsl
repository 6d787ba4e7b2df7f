// sum-rows.scalar: sums over consecutive rows of a matrix, one result row per part; no workgroup memory, for software adapters. Called again on the parts it gives the column sums, in fixed order.
// grid  one thread a Vector of y, 64 a workgroup, folded over x and y
// x     [rows, columns] X      y  [parts, columns] Y, part p sums rows p * rows_per_part …
// cost  one read an element of x

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = f32;           // f32, or vec4<f32> where a row has a multiple of 4 elements
alias X = f32;                // Vector as x lies in memory: of f32 or of f16
alias Y = f32;                // Vector as y lies in memory
// @end-spec

struct Params {
  rows: u32,
  columns: u32,             // vectors in a row
  rows_per_part: u32,
  parts: u32,
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read_write> y: array<Y>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let part = index / params.columns;
  if (part >= params.parts) {
    return;
  }
  let column = index % params.columns;
  let first = part * params.rows_per_part;
  let end = min(first + params.rows_per_part, params.rows);
  var sum = Vector(0.0);
  for (var row = first; row < end; row++) {
    sum += Vector(x[row * params.columns + column]);
  }
  y[index] = Y(sum);
}
