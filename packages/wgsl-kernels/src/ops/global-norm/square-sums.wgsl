// square-sums: sums of squares of a tensor, one per thread, each over every parts-th Elem.
// grid      one thread a part, 64 a workgroup, folded over x and y
// x         [size] Elem      partials  f32, this tensor's from first_part on
// cost      4 bytes an element

// @spec
const WG_SIZE: u32 = 64u;
const WIDTH: u32 = 1u;      // values in an Elem
alias Elem = f32;           // f32, or vec4<f32> where the length is a multiple of 4
// @end-spec

struct Params {
  size: u32,                // Elems
  parts: u32,
  first_part: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Elem>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let part = id.y * groups.x * WG_SIZE + id.x;
  if (part >= params.parts) {
    return;
  }
  var sum = Elem(0.0);
  for (var index = part; index < params.size; index += params.parts) {
    sum += x[index] * x[index];
  }
  partials[params.first_part + part] = elem_sum(sum);
}
