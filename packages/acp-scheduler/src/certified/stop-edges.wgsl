// stop-edges: what the last key j of each block knows of the keys that it may see: S_j = log sum_t exp(lambda_j - lambda_t), and
// an upper bound of ||k_t||; second of two launches. Rounding goes upwards: both are never below their true values.
// grid        one thread a (b, h, key block), blocks fastest; 64 a workgroup, folded over x and y
// memory      [B, H, blocks] of block-memory         log_lambda  [B, H, N] two-part numbers
// spans       [B, N] (first, end), read only if HAS_SPANS: keys before the first that j sees do not count
// edges       [B, H, blocks] (S, norm); where j sees nothing (NEG_LARGE, 0)
// cost        blocks / 2 exps a thread

// @spec
const WG_SIZE: u32 = 64u;
const HAS_SPANS: bool = false;
// @end-spec

struct Params {
  batch: u32,
  num_heads: u32,
  key_len: u32,
  block_n: u32,
  blocks: u32,
}

@group(0) @binding(0) var<storage, read> memory: array<vec2f>;
@group(0) @binding(1) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read> spans: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read_write> edges: array<vec2f>;
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
  if (HAS_SPANS) {
    return u32(max(spans[i_batch * params.key_len + position].x, 0));
  }
  return 0u;
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let i_block = index % params.blocks;
  let i_batch_head = index / params.blocks;
  if (i_batch_head >= params.batch * params.num_heads) {
    return;
  }
  let edge = last_key(i_block);
  let first = first_seen(i_batch_head / params.num_heads, edge);
  if (first > edge) {
    edges[index] = vec2f(NEG_LARGE, 0.0);
    return;
  }
  let o_head = i_batch_head * params.key_len;
  let lambda = log_lambda[o_head + edge];
  let first_block = first / params.block_n;
  // The first block may be seen in part: its tokens are summed anew.
  var sum = decay_sum(o_head, first, last_key(first_block), lambda);
  var norm = memory[i_batch_head * params.blocks + first_block].y;
  for (var n = first_block + 1u; n <= i_block; n++) {
    let block = memory[i_batch_head * params.blocks + n];
    sum += remembered(lambda, log_lambda[o_head + last_key(n)]) * block.x;
    norm = max(norm, block.y);
  }
  let terms = f32(params.block_n + i_block - first_block);
  edges[index] = vec2f(log(sum) + ROUNDING + ROUNDING_PER_TERM * terms, norm * (1.0 + NORM_ROUNDING));
}
