// square-sums: sums of squares of a tensor, one per workgroup, each over PER_THREAD · WG_SIZE neighbouring vectors, in fixed order.
// grid      one workgroup a part, folded over x and y
// x         [size] Vector      partials  f32, this tensor's from first_part on
// cost      4 bytes an element

// @spec
const WG_SIZE: u32 = 64u;      // a power of two
const PER_THREAD: u32 = 16u;   // vectors that a thread adds
const WIDTH: u32 = 1u;         // values in a Vector
alias Vector = f32;              // f32, or vec4<f32> where the length is a multiple of 4
// @end-spec

struct Params {
  size: u32,                   // vectors
  parts: u32,
  first_part: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> sums: array<f32, WG_SIZE>;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let part = group.y * groups.x + group.x;
  // Neighbouring threads read neighbouring vectors.
  let first = part * PER_THREAD * WG_SIZE + thread;
  let end = min(first + PER_THREAD * WG_SIZE, params.size);
  var sum = Vector(0.0);
  for (var index = first; index < end; index += WG_SIZE) {
    sum += x[index] * x[index];
  }
  sums[thread] = vector_sum(sum);
  for (var half = WG_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
  }
  if (thread == 0u && part < params.parts) {
    partials[params.first_part + part] = sums[0];
  }
}
