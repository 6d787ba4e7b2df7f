// log-sigmoid-backward: dx = dy * sigmoid(-x).
// grid       one thread an element, 64 a workgroup, folded over x and y
// x, dx      [count] X     dy  [count] f32
// cost       3 values an element

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = f32;
alias X = f32;              // x and dx in memory: f32 or f16
// @end-spec

struct Params {
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<X>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.count) {
    return;
  }
  dx[index] = X(dy[index] * sigmoid(-f32(x[index])));
}
