// A copy: what the memory reaches.
// grid    thread t moves elements t, t + stride, …: neighbours in neighbouring lanes
// x, out  [size] vec4
// cost    32 bytes an element

// @spec
const WG_SIZE: u32 = 256u;
// @end-spec

struct Params {
  size: u32,     // vec4 elements
  stride: u32,   // threads of the launch
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  for (var i = id.x; i < params.size; i += params.stride) {
    out[i] = x[i];
  }
}
