// order-check: counts the offsets of each row that are smaller than the one before, and finds the first.
// grid      workgroups of 64 threads, folded over x and y; one thread an offset
// offsets   [rows, entries] i32      findings  [checks, 3]: how many, 0, the largest of ~index (0 where all are in order)
// size      rows * entries      slot  this check's row of findings

struct Params {
  size: u32,
  slot: u32,
  entries: u32,
}

@group(0) @binding(0) var<storage, read> offsets: array<i32>;
@group(0) @binding(1) var<storage, read_write> findings: array<atomic<u32>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + lane;
  if (index >= params.size || index % params.entries == 0u || offsets[index] >= offsets[index - 1u]) { return; }
  atomicAdd(&findings[params.slot * 3u], 1u);
  atomicMax(&findings[params.slot * 3u + 2u], ~index);
}
