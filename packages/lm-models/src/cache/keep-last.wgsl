// keep last: the last token of a chunk, kept for the chunk after it.
// grid         one thread a vec4 of last, 64 a workgroup, folded over x and y
// y            [B, M, columns] vec4f    last  [B, columns]
// cost         32 bytes a thread

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  batch: u32,
  chunk_len: u32,
  columns: u32,             // vectors in a token
}

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> last: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let b = index / params.columns;
  if (b >= params.batch) { return; }
  last[index] = y[((b + 1u) * params.chunk_len - 1u) * params.columns + index % params.columns];
}
