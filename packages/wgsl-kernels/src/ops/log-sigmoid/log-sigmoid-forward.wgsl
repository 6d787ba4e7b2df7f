// log-sigmoid-forward: y = log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|)), accurate also where y is tiny. [FoX v2, forget gate]
// grid  one thread an element, 64 a workgroup, folded over x and y
// x     [count] X     y  [count] f32
// cost  2 values an element

// @spec
const WG_SIZE: u32 = 64u;
alias X = f32;              // x in memory: f32 or f16
// @end-spec

struct Params {
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.count) {
    return;
  }
  y[index] = log_sigmoid(f32(x[index]));
}
