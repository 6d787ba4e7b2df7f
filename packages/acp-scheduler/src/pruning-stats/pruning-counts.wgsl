// pruning-counts: how many (query block, key block) pairs are causal, and how many of them are kept.
// grid         one workgroup a (b, h), folded over x and y; its threads share the query blocks
// start_index  [B, H, query_blocks] key position          seq_start  [B] first real token
// counts       [B, H, 2] kept, causal
// A pair counts as causal if some row of the query block sees some real key of the key block.

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
}

@group(0) @binding(0) var<storage, read> start_index: array<i32>;
@group(0) @binding(1) var<storage, read> seq_start: array<i32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> t_kept: atomic<u32>;
var<workgroup> t_causal: atomic<u32>;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i_batch_head = group.y * groups.x + group.x;
  let m_head = i_batch_head < params.batch * params.num_heads;
  let i_batch = min(i_batch_head / params.num_heads, params.batch - 1u);
  let first_key = u32(max(seq_start[i_batch], 0));
  // Workgroup memory holds anything at the start.
  if (local == 0u) {
    atomicStore(&t_kept, 0u);
    atomicStore(&t_causal, 0u);
  }
  workgroupBarrier();
  var kept = 0u;
  var causal = 0u;
  for (var m = local; m < select(0u, params.query_blocks, m_head); m += WG_SIZE) {
    let rows_end = min((m + 1u) * params.block_m, params.query_len);
    let last_row = params.key_len - params.query_len + rows_end - 1u;
    if (last_row >= first_key) {
      let start = u32(max(start_index[i_batch_head * params.query_blocks + m], 0));
      let end_block = last_row / params.block_n + 1u;
      causal += end_block - first_key / params.block_n;
      kept += end_block - min(max(start, first_key) / params.block_n, end_block);
    }
  }
  // Whole numbers: the order of the additions does not matter.
  atomicAdd(&t_kept, kept);
  atomicAdd(&t_causal, causal);
  workgroupBarrier();
  if (local == 0u && m_head) {
    counts[2u * i_batch_head] = atomicLoad(&t_kept);
    counts[2u * i_batch_head + 1u] = atomicLoad(&t_causal);
  }
}
