// gate-scan: log_lambda[t] = sum of the log gates up to and with t, as two-part numbers; second half of the cumulative sum. [FoX v2, log f cumulative]
// grid        one thread a (b, chunk, h), h fastest, 64 a workgroup, folded over x and y
// log_fgate   [B, T, H] f32, nats     visibility  [B, visibility_len] (first, end) i32, gates that begin anew count as 0
// initial     [B, H] vec2<i32>, log_lambda before the first token
// chunk_sums  [B, chunks, H, 3] u32: units, fraction, invalid of a GateSum; absent where chunks is 1
// log_lambda  [B, H, T] vec2<i32>, see log-lambda.wgsl
// cost        12 bytes a gate, and chunks / 2 sums a thread

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
@group(0) @binding(2) var<storage, read> initial: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read> chunk_sums: array<u32>;
@group(0) @binding(4) var<storage, read_write> log_lambda: array<vec2<i32>>;
@group(0) @binding(5) var<uniform> params: Params;

fn sum_before(i_batch: u32, i_chunk: u32, i_head: u32) -> GateSum {
  var sum = GateSum(0, 0u, 0u);
  if (params.has_initial == 1u) {
    sum = sum_from_log_lambda(initial[i_batch * params.num_heads + i_head]);
  }
  for (var chunk = 0u; chunk < i_chunk; chunk++) {
    let o_sum = 3u * ((i_batch * params.chunks + chunk) * params.num_heads + i_head);
    let units = bitcast<i32>(chunk_sums[o_sum]);
    sum = add_gates(sum, GateSum(units, chunk_sums[o_sum + 1u], chunk_sums[o_sum + 2u]));
  }
  return sum;
}

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
  var sum = sum_before(i_batch, i_chunk, i_head);
  for (var t = i_chunk * params.chunk_len; t < end; t++) {
    if (!starts_anew(i_batch, params.offset + t)) {
      let gate = log_fgate[(i_batch * params.seq_len + t) * params.num_heads + i_head];
      sum = add_gates(sum, gate_from_f32(gate));
    }
    log_lambda[(i_batch * params.num_heads + i_head) * params.seq_len + t] = log_lambda_from_sum(sum);
  }
}
