// scale-by: y = factor[0] * x, with the factor on the GPU
// grid     one thread a Vector, 64 a workgroup, folded over x and y
// x        [size] X      y  [size] Y      factor  [1] f32
// cost     2 values an element

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = f32;           // f32, or vec4<f32> where the length is a multiple of 4
alias X = f32;                // Vector as x lies in memory: of f32 or of f16
alias Y = f32;                // Vector as y lies in memory
// @end-spec

struct Params {
  size: u32,                // vectors
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> factor: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<Y>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.size) {
    return;
  }
  y[index] = Y(Vector(x[index]) * factor[0]);
}
