// output-gate-backward: d_o = dy * act(gate), d_gate = dy * o * act'(gate).
// grid                       one thread a Vector, 64 a workgroup, folded over x and y
// o, dy, d_o                 [count] O     gate, d_gate  [count] Gate
// cost                       5 values an element

// @spec
const WG_SIZE: u32 = 64u;
const IS_SILU: bool = false;
alias Vector = f32;           // f32, or vec4<f32> where there is a multiple of 4 elements
alias O = f32;                // Vector as o, dy and d_o lie in memory: of f32 or of f16
alias Gate = f32;             // Vector as gate and d_gate lie in memory
// @end-spec

struct Params {
  count: u32,               // vectors
}

@group(0) @binding(0) var<storage, read> o: array<O>;
@group(0) @binding(1) var<storage, read> gate: array<Gate>;
@group(0) @binding(2) var<storage, read> dy: array<O>;
@group(0) @binding(3) var<storage, read_write> d_o: array<O>;
@group(0) @binding(4) var<storage, read_write> d_gate: array<Gate>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.count) {
    return;
  }
  let g = Vector(gate[index]);
  let p_dy = Vector(dy[index]);
  d_o[index] = O(p_dy * gate_act(g));
  d_gate[index] = Gate(p_dy * Vector(o[index]) * gate_slope(g));
}
