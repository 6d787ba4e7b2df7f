// sum-rows.tiled: sums over consecutive rows of a matrix, one result row per part, for GPUs. Called again on the parts it gives the column sums, in fixed order.
// grid  COLUMNS Vectors of y a workgroup, folded over x and y; WG_SIZE / COLUMNS rows at a time
// x     [rows, columns] X      y  [parts, columns] Y, part p sums rows p * rows_per_part …
// cost  one read an element of x

// @spec
const WG_SIZE: u32 = 256u;
const COLUMNS: u32 = 4u;      // power of two that divides WG_SIZE
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

var<workgroup> t_sums: array<Vector, WG_SIZE>; // [WG_SIZE / COLUMNS, COLUMNS]

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = group.y * groups.x + group.x;
  let column_groups = (params.columns + COLUMNS - 1u) / COLUMNS;
  let part = index / column_groups;
  let column = (index % column_groups) * COLUMNS + thread % COLUMNS;
  let m_sum = part < params.parts && column < params.columns;
  let first = part * params.rows_per_part;
  let end = min(first + params.rows_per_part, params.rows);
  var sum = Vector(0.0);
  if (m_sum) {
    for (var row = first + thread / COLUMNS; row < end; row += WG_SIZE / COLUMNS) {
      sum += Vector(x[row * params.columns + column]);
    }
  }
  t_sums[thread] = sum;
  for (var stride = WG_SIZE / 2u; stride >= COLUMNS; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) {
      t_sums[thread] += t_sums[thread + stride];
    }
  }
  if (m_sum && thread < COLUMNS) {
    y[part * params.columns + column] = Y(t_sums[thread]);
  }
}
