// reverse-chunk-sums: the sum of each chunk of tokens, first half of the reverse cumulative sum.
// grid        one thread a (b, chunk, h), h fastest, 64 a workgroup, folded over x and y
// x           [B, H, T] f32
// chunk_sums  [B, chunks, H] f32
// cost        4 bytes an element

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
@group(0) @binding(1) var<storage, read_write> chunk_sums: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let i_batch = index / (params.chunks * params.num_heads);
  if (i_batch >= params.batch) {
    return;
  }
  let i_head = index % params.num_heads;
  let i_chunk = (index / params.num_heads) % params.chunks;
  let o_head = (i_batch * params.num_heads + i_head) * params.seq_len;
  let first = i_chunk * params.chunk_len;
  var sum = 0.0;
  for (var t = min(first + params.chunk_len, params.seq_len); t > first; t--) {
    sum += x[o_head + t - 1u];
  }
  chunk_sums[index] = sum;
}
