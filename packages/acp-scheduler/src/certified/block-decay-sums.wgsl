// block-decay-sums: of each key block alone, the sum of its decays up to its last token, and the largest key norm; first of two launches.
// grid        LANES threads a (b, key block, h), h fastest; 64 threads a workgroup, folded over x and y
// k           [B, N, Hkv, D / 4] VectorK        log_lambda  [B, H, N] two-part numbers
// decay_sums  [B, H, blocks] (sum over the block of exp(lambda_last - lambda_t), max ||k_t||)
// cost        2 D flops and an exp a key and query head; k is read once a query head, log_lambda once

// @spec
const WG_SIZE: u32 = 64u;
const LANES: u32 = 8u;        // threads that share a key block
alias VectorK = vec4<f32>;    // vec4<f32> or vec4<f16>
// @end-spec

struct Params {
  batch: u32,
  num_heads: u32,
  num_kv_heads: u32,
  key_len: u32,
  head_vec4: u32,
  block_n: u32,
  blocks: u32,
}

@group(0) @binding(0) var<storage, read> k: array<VectorK>;
@group(0) @binding(1) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read_write> decay_sums: array<vec2f>;
@group(0) @binding(3) var<uniform> params: Params;

// The largest ||k_t|| of this lane's tokens among first ... end - 1 of a key head.
fn largest_norm(i_batch: u32, i_kv_head: u32, first: u32, end: u32, lane: u32) -> f32 {
  var largest = 0.0;
  for (var t = first + lane; t < end; t += LANES) {
    let o_key = ((i_batch * params.key_len + t) * params.num_kv_heads + i_kv_head) * params.head_vec4;
    var sum = 0.0;
    for (var d = 0u; d < params.head_vec4; d++) {
      let value = vec4f(k[o_key + d]);
      sum += dot(value, value);
    }
    largest = max(largest, sum);
  }
  return sqrt(largest);
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (id.y * groups.x * WG_SIZE + id.x) / LANES;
  let lane = thread % LANES;
  let i_head = index % params.num_heads;
  let i_block = (index / params.num_heads) % params.blocks;
  let m_block = index / (params.num_heads * params.blocks) < params.batch;
  let i_batch = min(index / (params.num_heads * params.blocks), params.batch - 1u);
  let first = i_block * params.block_n;
  let last = min(first + params.block_n, params.key_len) - 1u;
  let i_batch_head = i_batch * params.num_heads + i_head;
  let o_head = i_batch_head * params.key_len;
  let i_kv_head = i_head / (params.num_heads / params.num_kv_heads);
  let sum = decay_sum(o_head, first, last + 1u, lane, log_lambda[o_head + last]);
  let norm = largest_norm(i_batch, i_kv_head, first, last + 1u, lane);
  let total = over_lanes(thread, vec2f(sum, norm));
  if (m_block && lane == 0u) {
    decay_sums[i_batch_head * params.blocks + i_block] = total;
  }
}
