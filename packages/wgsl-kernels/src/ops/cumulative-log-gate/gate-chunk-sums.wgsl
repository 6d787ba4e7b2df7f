// gate-chunk-sums: the sum of the log gates of each chunk of tokens, first half of the cumulative sum.
// grid        one thread a (b, chunk, h), h fastest, 64 a workgroup, folded over x and y
// log_fgate   [B, T, H] f32, nats     visibility  [B, visibility_len] (first, end) i32, gates that begin anew count as 0
// chunk_sums  [B, chunks, H, 3] u32: units, fraction, invalid of a GateSum
// cost        4 bytes a gate

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  batch: u32,
  seq_len: u32,
  num_heads: u32,
  chunk_len: u32,
  chunks: u32,
  visibility_len: u32,            // 0: no visibility
  offset: u32,              // where the chunk of T tokens stands in the visibility
  has_initial: u32,
}

@group(0) @binding(0) var<storage, read> log_fgate: array<f32>;
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read_write> chunk_sums: array<u32>;
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
  let end = min((i_chunk + 1u) * params.chunk_len, params.seq_len);
  var sum = GateSum(0, 0u, 0u);
  for (var t = i_chunk * params.chunk_len; t < end; t++) {
    if (!starts_anew(i_batch, params.offset + t)) {
      let gate = log_fgate[(i_batch * params.seq_len + t) * params.num_heads + i_head];
      sum = add_gates(sum, gate_from_f32(gate));
    }
  }
  chunk_sums[3u * index] = bitcast<u32>(sum.units);
  chunk_sums[3u * index + 1u] = sum.fraction;
  chunk_sums[3u * index + 2u] = sum.invalid;
}
