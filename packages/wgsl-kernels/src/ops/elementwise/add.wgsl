// add: y = a + b
// grid     one thread a Vector, 64 a workgroup, folded over x and y
// a, y     [size] A      b  [size] B
// cost     3 values an element

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = f32;           // f32, or vec4<f32> where the length is a multiple of 4
alias A = f32;                // Vector as a and y lie in memory: of f32 or of f16
alias B = f32;                // Vector as b lies in memory
// @end-spec

struct Params {
  size: u32,                // vectors
}

@group(0) @binding(0) var<storage, read> a: array<A>;
@group(0) @binding(1) var<storage, read> b: array<B>;
@group(0) @binding(2) var<storage, read_write> y: array<A>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.size) {
    return;
  }
  y[index] = A(Vector(a[index]) + Vector(b[index]));
}
