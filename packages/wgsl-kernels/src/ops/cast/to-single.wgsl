// to-single: f16 to f32, exact.
// Integer arithmetic but for subnormals, as unpack2x16float may flush those.
// grid  one thread a word of x, 64 a workgroup, folded over x and y
// x     [size] f16, two a word      y  [size] bits of f32
// cost  6 bytes an element

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  size: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn to_single(half: u32) -> u32 {
  let sign = (half & 0x8000u) << 16u;
  let size = half & 0x7fffu;
  // Infinity and NaN.
  if (size >= 0x7c00u) { return sign | 0x7f800000u | ((size & 0x3ffu) << 13u); }
  // Exponent bias 127 instead of 15.
  if (size >= 0x400u) { return sign | ((size << 13u) + 0x38000000u); }
  // Zero and subnormals: multiples of 2^-24.
  return sign | bitcast<u32>(f32(size) * 5.9604644775390625e-8);
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let word = id.y * groups.x * WG_SIZE + id.x;
  let index = 2u * word;
  if (index >= params.size) {
    return;
  }
  y[index] = to_single(x[word] & 0xffffu);
  if (index + 1u < params.size) {
    y[index + 1u] = to_single(x[word] >> 16u);
  }
}
