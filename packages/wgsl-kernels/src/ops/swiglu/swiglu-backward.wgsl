// swiglu-backward: gradient of y = silu(a) * b, with s = sigmoid(a):
// da = dy * b * s * (1 + a * (1 - s)), db = dy * a * s
// grid  one thread a Vector of dy, 64 a workgroup, folded over x and y
// x, dx [rows, 2 * columns] Stored     dy  [rows, columns] Stored
// cost  5 values an element of dy

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = f32;           // f32, or vec4<f32> where a row of dy has a multiple of 4 elements
alias Stored = f32;           // Vector as it lies in memory: of f32 or of f16
// @end-spec

struct Params {
  rows: u32,
  columns: u32,             // vectors in a row of dy
}

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> dy: array<Stored>;
@group(0) @binding(2) var<storage, read_write> dx: array<Stored>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let row = index / params.columns;
  if (row >= params.rows) {
    return;
  }
  let o_a = index + row * params.columns;
  let o_b = o_a + params.columns;
  let a = Vector(x[o_a]);
  let s = sigmoid(a);
  let p_dy = Vector(dy[index]);
  dx[o_a] = Stored(p_dy * Vector(x[o_b]) * s * (Vector(1.0) + a * (Vector(1.0) - s)));
  dx[o_b] = Stored(p_dy * a * s);
}
