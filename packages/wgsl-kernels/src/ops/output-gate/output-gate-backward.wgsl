// output-gate-backward: d_o = dy * act(gate), d_gate = dy * o * act'(gate).
// sigmoid' = s * (1 - s), silu' = s * (1 + g * (1 - s)), s = sigmoid(g)
// grid                       one thread a Vector, 64 a workgroup, folded over x and y
// o, gate, dy, d_o, d_gate   [count] Vector
// cost                       20 bytes an element

// @spec
const WG_SIZE: u32 = 64u;
const IS_SILU: bool = false;
alias Vector = f32;           // f32, or vec4<f32> where there is a multiple of 4 elements
// @end-spec

struct Params {
  count: u32,               // vectors
}

@group(0) @binding(0) var<storage, read> o: array<Vector>;
@group(0) @binding(1) var<storage, read> gate: array<Vector>;
@group(0) @binding(2) var<storage, read> dy: array<Vector>;
@group(0) @binding(3) var<storage, read_write> d_o: array<Vector>;
@group(0) @binding(4) var<storage, read_write> d_gate: array<Vector>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.count) {
    return;
  }
  let g = gate[index];
  let s = sigmoid(g);
  var act = s;
  var slope: Vector;
  if (IS_SILU) {
    act = g * s;
    slope = s * (Vector(1.0) + g * (Vector(1.0) - s));
  } else {
    slope = sigmoid_slope(g);
  }
  let p_dy = dy[index];
  d_o[index] = p_dy * act;
  d_gate[index] = p_dy * o[index] * slope;
}
