// find-index: the pruning boundary of each query block and of each key block, by binary search. [ACP v2, Sec. 3; arXiv 2504.06949]
// Key block n is dropped for query block m iff D(first row of m, last key of n) < threshold, D = log_lambda[i] - log_lambda[j].
// log_lambda does not increase, so that D is the block's largest, and the dropped blocks of a row (column) are contiguous.
// grid         one thread a query block, then one a key block, for each (b, h); 64 a workgroup, folded over x and y
// log_lambda   [B, H, N] two-part numbers           threshold  broadcastable to [B, H] by its two strides, natural log: factor * it + constant
// start_index  [B, H, ceil(M / block_m)] key position; keys before it are dropped for the whole query block
// end_index    [B, H, ceil(N / block_n)] query row; rows from it on drop the whole key block
// cost         log2(blocks) reads of two numbers a thread

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  batch: u32,
  num_heads: u32,
  query_len: u32,
  key_len: u32,
  block_m: u32,
  block_n: u32,
  query_blocks: u32,
  key_blocks: u32,
  threshold_stride_b: u32,
  threshold_stride_h: u32,
  factor: f32,
  constant: f32,
}

@group(0) @binding(0) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(1) var<storage, read> threshold: array<f32>;
@group(0) @binding(2) var<storage, read_write> start_index: array<i32>;
@group(0) @binding(3) var<storage, read_write> end_index: array<i32>;
@group(0) @binding(4) var<uniform> params: Params;

const NEG_LARGE: f32 = -1e30;

// In [NEG_LARGE, 0]. Above 0 the search would prune the diagonal; NaN prunes nothing (tested by its bits: compilers may assume x == x).
fn load_threshold(i_batch: u32, i_head: u32) -> f32 {
  let value = threshold[i_batch * params.threshold_stride_b + i_head * params.threshold_stride_h];
  let is_nan = (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
  return select(clamp(params.factor * value + params.constant, NEG_LARGE, 0.0), NEG_LARGE, is_nan);
}

// Unlike decay_bias of log-lambda.wgsl, which gives D alone, this takes the threshold off the integer part first:
// near the boundary that is exact, so the error is that of the remainders, 1e-8.
fn is_dropped(o_head: u32, query_position: u32, key_block: u32, p_threshold: f32) -> bool {
  let last_key = min((key_block + 1u) * params.block_n, params.key_len) - 1u;
  let row = log_lambda[o_head + query_position];
  let key = log_lambda[o_head + last_key];
  let coarse = f32(row.x - key.x) * 0.0625 - p_threshold;
  return coarse + (bitcast<f32>(row.y) - bitcast<f32>(key.y)) < 0.0;
}

// The first kept key block; the block that holds the row itself is kept always.
fn search_start(o_head: u32, i_block: u32, p_threshold: f32) -> u32 {
  let query_position = params.key_len - params.query_len + i_block * params.block_m;
  var low = 0u;
  var high = query_position / params.block_n;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (is_dropped(o_head, query_position, middle, p_threshold)) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  return low * params.block_n;
}

// The first dropping query block, among those that start after the key block: earlier ones hold the diagonal or see no key of it.
fn search_end(o_head: u32, i_block: u32, p_threshold: f32) -> u32 {
  let offset = params.key_len - params.query_len;
  let after_block = max((i_block + 1u) * params.block_n, offset) - offset;
  var low = min((after_block + params.block_m - 1u) / params.block_m, params.query_blocks);
  var high = params.query_blocks;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (is_dropped(o_head, offset + middle * params.block_m, i_block, p_threshold)) {
      high = middle;
    } else {
      low = middle + 1u;
    }
  }
  return min(low * params.block_m, params.query_len);
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let per_head = params.query_blocks + params.key_blocks;
  let i_batch_head = index / per_head;
  if (i_batch_head >= params.batch * params.num_heads) {
    return;
  }
  let i_block = index % per_head;
  let o_head = i_batch_head * params.key_len;
  let p_threshold = load_threshold(i_batch_head / params.num_heads, i_batch_head % params.num_heads);
  if (i_block < params.query_blocks) {
    start_index[i_batch_head * params.query_blocks + i_block] = i32(search_start(o_head, i_block, p_threshold));
  } else {
    let i_key_block = i_block - params.query_blocks;
    end_index[i_batch_head * params.key_blocks + i_key_block] = i32(search_end(o_head, i_key_block, p_threshold));
  }
}
