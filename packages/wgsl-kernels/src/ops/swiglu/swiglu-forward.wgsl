// swiglu-forward: y = silu(a) * b, where a row of x is [a, b] and silu(a) = a * sigmoid(a).
// grid  one thread a Vector of y, 64 a workgroup, folded over x and y
// x     [rows, 2 * columns] Stored     y  [rows, columns] Stored
// cost  3 values an element of y

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = f32;           // f32, or vec4<f32> where a row of y has a multiple of 4 elements
alias Stored = f32;           // Vector as it lies in memory: of f32 or of f16
// @end-spec

struct Params {
  rows: u32,
  columns: u32,             // vectors in a row of y
}

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let row = index / params.columns;
  if (row >= params.rows) {
    return;
  }
  let o_a = index + row * params.columns;
  let a = Vector(x[o_a]);
  y[index] = Stored(a * sigmoid(a) * Vector(x[o_a + params.columns]));
}
