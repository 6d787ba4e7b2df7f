// reverse-scan: y[t] = sum of x[u] over u >= t, second half of the reverse cumulative sum. [FoX v2, backward pass of the gate]
// grid        one thread a (b, chunk, h), h fastest, 64 a workgroup, folded over x and y
// x           [B, H, T] f32     chunk_sums  [B, chunks, H] f32
// y           [B, T, H] f32
// cost        8 bytes an element, and chunks / 2 sums a thread

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  batch: u32,
  seq_len: u32,
  num_heads: u32,
  chunk_len: u32,
  chunks: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> chunk_sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let i_batch = index / (params.chunks * params.num_heads);
  if (i_batch >= params.batch) {
    return;
  }
  let i_head = index % params.num_heads;
  let i_chunk = (index / params.num_heads) % params.chunks;
  var after = 0.0;
  for (var chunk = params.chunks; chunk > i_chunk + 1u; chunk--) {
    after += chunk_sums[(i_batch * params.chunks + chunk - 1u) * params.num_heads + i_head];
  }
  let o_head = (i_batch * params.num_heads + i_head) * params.seq_len;
  let first = i_chunk * params.chunk_len;
  // The chunk's own sum starts at 0 and not at `after`: errors then grow with chunk_len and chunks, not with T.
  var within = 0.0;
  for (var end = min(first + params.chunk_len, params.seq_len); end > first; end--) {
    let t = end - 1u;
    within += x[o_head + t];
    y[(i_batch * params.seq_len + t) * params.num_heads + i_head] = after + within;
  }
}
