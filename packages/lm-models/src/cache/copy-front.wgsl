// copy front: the whole of a smaller buffer to the front of a larger one, bit by bit.
// grid         one thread a vec4, 64 a workgroup, folded over x and y
// source       [n] vec4<u32>     target  [≥ n] vec4<u32>, the rest is left alone
// cost         32 bytes a thread

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  vectors: u32,
}

@group(0) @binding(0) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> target_front: array<vec4<u32>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.vectors) { return; }
  target_front[index] = source[index];
}
