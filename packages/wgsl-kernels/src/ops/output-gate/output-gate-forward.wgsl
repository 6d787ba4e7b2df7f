// output-gate-forward: y = o * act(gate), act = sigmoid, or silu(g) = g * sigmoid(g). [FoX v2, output gate]
// grid        one thread a Vector, 64 a workgroup, folded over x and y
// o, y        [count] O     gate  [count] Gate
// cost        3 values an element

// @spec
const WG_SIZE: u32 = 64u;
const IS_SILU: bool = false;
alias Vector = f32;           // f32, or vec4<f32> where there is a multiple of 4 elements
alias O = f32;                // Vector as o and y lie in memory: of f32 or of f16
alias Gate = f32;             // Vector as gate lies in memory
// @end-spec

struct Params {
  count: u32,               // vectors
}

@group(0) @binding(0) var<storage, read> o: array<O>;
@group(0) @binding(1) var<storage, read> gate: array<Gate>;
@group(0) @binding(2) var<storage, read_write> y: array<O>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.count) {
    return;
  }
  y[index] = O(Vector(o[index]) * gate_act(Vector(gate[index])));
}
