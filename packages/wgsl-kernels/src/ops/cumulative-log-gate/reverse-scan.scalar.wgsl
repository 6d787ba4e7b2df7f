// reverse-scan.scalar: y[t] = sum of x[u] over u >= t; no workgroup memory, for software adapters. [FoX v2, backward pass of the gate]
// grid        one thread a (b, h), 64 a workgroup, folded over x and y
// x           [B, H, T] f32     y  [B, T, H] f32, 0 for gates that act on nothing if ONLY_ACTIVE
// visibility  [B, T] (first, end) i32, read only if HAS_VISIBILITY
// cost        8 bytes an element

// @spec
const WG_SIZE: u32 = 64u;
const ONLY_ACTIVE: bool = false;
const HAS_VISIBILITY: bool = false;
// @end-spec

struct Params {
  batch: u32,
  seq_len: u32,
  num_heads: u32,
  first_query: u32,         // position of the first query, read only if ONLY_ACTIVE
  chunk_len: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.batch * params.num_heads) {
    return;
  }
  let i_batch = index / params.num_heads;
  let i_head = index % params.num_heads;
  // Each chunk's own sum starts at 0 and not at `after`: errors then grow with chunk_len and chunks, not with T.
  var after = 0.0;
  var within = 0.0;
  for (var end = params.seq_len; end > 0u; end--) {
    let t = end - 1u;
    within += x[index * params.seq_len + t];
    y[(i_batch * params.seq_len + t) * params.num_heads + i_head] =
      select(0.0, after + within, gate_acts(i_batch, t));
    if (t % params.chunk_len == 0u) {
      after += within;
      within = 0.0;
    }
  }
}
