// block-bounds: what the last key j of each block knows of the keys that it may see: S_j = log sum_t exp(lambda_j - lambda_t), and
// an upper bound of ||k_t||; second of two launches. Rounding goes upwards: both are never below their true values.
// grid        LANES threads a (b, h, key block), blocks fastest; 64 threads a workgroup, folded over x and y
// decay_sums  [B, H, blocks] of block-decay-sums     log_lambda  [B, H, N] two-part numbers
// visibility  [B, N] (first, end), read only if HAS_VISIBILITY: keys before the first that j sees do not count
// block_bounds  [B, H, blocks] (S, norm); where j sees nothing (NEG_LARGE, 0)
// cost        block_n + blocks / 2 exps a block

// @spec
const WG_SIZE: u32 = 64u;
const LANES: u32 = 8u;        // threads that share a block
const HAS_VISIBILITY: bool = false;
// @end-spec

struct Params {
  batch: u32,
  num_heads: u32,
  key_len: u32,
  block_n: u32,
  blocks: u32,
}

@group(0) @binding(0) var<storage, read> decay_sums: array<vec2f>;
@group(0) @binding(1) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read_write> block_bounds: array<vec2f>;
@group(0) @binding(4) var<uniform> params: Params;

const NEG_LARGE: f32 = -1e30;
// What exps, differences and the logarithm may take from S, in nats; and what each addition may, relative to the sum.
const ROUNDING: f32 = 3e-5;
const ROUNDING_PER_TERM: f32 = 1.2e-7;
// What 128 products and their sum may take from a norm.
const NORM_ROUNDING: f32 = 1e-5;

fn last_key(i_block: u32) -> u32 {
  return min((i_block + 1u) * params.block_n, params.key_len) - 1u;
}

fn first_seen(i_batch: u32, position: u32) -> u32 {
  if (HAS_VISIBILITY) {
    return u32(max(visibility[i_batch * params.key_len + position].x, 0));
  }
  return 0u;
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (id.y * groups.x * WG_SIZE + id.x) / LANES;
  let lane = thread % LANES;
  let i_block = index % params.blocks;
  let heads = params.batch * params.num_heads;
  let m_block = index / params.blocks < heads;
  let i_batch_head = min(index / params.blocks, heads - 1u);
  let last = last_key(i_block);
  let first = first_seen(i_batch_head / params.num_heads, last);
  let m_seen = first <= last;
  let o_head = i_batch_head * params.key_len;
  let o_blocks = i_batch_head * params.blocks;
  let lambda = log_lambda[o_head + last];
  // The first block may be seen in part: its tokens are summed anew. Where nothing is seen, both loops are empty.
  let first_block = min(first, last) / params.block_n;
  let first_end = select(0u, last_key(first_block) + 1u, m_seen);
  var sum = decay_sum(o_head, first, first_end, lane, lambda);
  var norm = decay_sums[o_blocks + first_block].y;
  for (var n = first_block + 1u + lane; n <= i_block; n += LANES) {
    let block = decay_sums[o_blocks + n];
    sum += decay_weight(lambda, log_lambda[o_head + last_key(n)]) * block.x;
    norm = max(norm, block.y);
  }
  let total = over_lanes(thread, vec2f(sum, norm));
  if (m_block && lane == 0u) {
    let terms = f32(params.block_n + i_block - first_block);
    let log_sum = log(total.x) + ROUNDING + ROUNDING_PER_TERM * terms;
    block_bounds[index] = select(vec2f(NEG_LARGE, 0.0), vec2f(log_sum, total.y * (1.0 + NORM_ROUNDING)), m_seen);
  }
}
