// y[i] = a number in [-0.5, 0.5) that depends on i and seed, exact in f16. Grid: one thread an element, folded over x and y.

// @spec
alias Stored = f32; // or f16
// @end-spec

struct Params {
  size: u32,
  seed: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<Stored>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 256u + lane;
  if (i >= params.size) { return; }
  var hash = (i + params.seed) * 2654435761u;
  hash = (hash ^ (hash >> 15u)) * 2246822519u;
  hash ^= hash >> 13u;
  y[i] = Stored(f32(hash >> 22u) / 1024.0 - 0.5);
}
