// counted-flags: 1 for a label that counts, 0 for an ignored one; their sum is the divisor of the mean.
// grid    one thread a label, 64 a workgroup, folded over x and y
// labels  i32 [N]      flags  f32 [N]
// cost    8 bytes a label

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  rows: u32,
  ignore_index: i32,
}

@group(0) @binding(0) var<storage, read> labels: array<i32>;
@group(0) @binding(1) var<storage, read_write> flags: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.rows) { return; }
  flags[index] = select(0.0, 1.0, labels[index] != params.ignore_index);
}
