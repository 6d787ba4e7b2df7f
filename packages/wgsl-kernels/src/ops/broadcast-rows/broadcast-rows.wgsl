// broadcast-rows: the same row in every row of y.
// grid  one thread an element of y, 64 a workgroup, folded over x and y
// row   [columns] f32     y  [rows, columns] f32
// cost  4 bytes an element of y

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> row_values: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index < params.rows * params.columns) {
    y[index] = row_values[index % params.columns];
  }
}
