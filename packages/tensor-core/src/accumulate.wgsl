// accumulate: target += source, elementwise, added in f32; how the tape adds the gradients of a tensor that several ops used.
// grid    workgroups of 64 threads, folded over x and y; a thread owns 4 consecutive elements
// target  Target, in place      source  Source; each f32 or f16, aliases that stand before this text      size  elements

struct Params {
  size: u32,
}

@group(0) @binding(0) var<storage, read_write> target_values: array<Target>;
@group(0) @binding(1) var<storage, read> source_values: array<Source>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = ((workgroup.y * workgroups.x + workgroup.x) * 64u + lane) * 4u;
  let end = min(first + 4u, params.size);
  for (var i = first; i < end; i++) {
    target_values[i] = Target(f32(target_values[i]) + f32(source_values[i]));
  }
}
