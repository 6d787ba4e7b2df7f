// to-half: f32 to f16, rounded to nearest even, two values a word; overflow gives infinity, NaN stays NaN.
// Integer arithmetic, as pack2x16float leaves rounding to the device and overflow undefined.
// grid  one thread a word of y, 64 a workgroup, folded over x and y
// x     [size] bits of f32      y  [size] f16, two a word; the upper half of an odd last word is 0
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

// value / 2^shift, ties to even; shift 1 … 31
fn shift_rounded(value: u32, shift: u32) -> u32 {
  let is_odd = (value >> shift) & 1u;
  return (value + (1u << (shift - 1u)) - 1u + is_odd) >> shift;
}

fn to_half(bits: u32) -> u32 {
  let sign = (bits >> 16u) & 0x8000u;
  let size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) { return sign | 0x7e00u; }
  // 65,520 and above rounds to 65,536, which is none.
  if (size >= 0x477ff000u) { return sign | 0x7c00u; }
  // From 2^-14 on: exponent bias 15 instead of 127, 13 bits less of mantissa.
  if (size >= 0x38800000u) { return sign | shift_rounded(size - 0x38000000u, 13u); }
  // Up to 2^-25 rounds to 0.
  if (size <= 0x33000000u) { return sign; }
  // Subnormal: multiples of 2^-24.
  let mantissa = (size & 0x7fffffu) | 0x800000u;
  return sign | shift_rounded(mantissa, 126u - (size >> 23u));
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let word = id.y * groups.x * WG_SIZE + id.x;
  let index = 2u * word;
  if (index >= params.size) {
    return;
  }
  var packed = to_half(x[index]);
  if (index + 1u < params.size) {
    packed |= to_half(x[index + 1u]) << 16u;
  }
  y[word] = packed;
}
