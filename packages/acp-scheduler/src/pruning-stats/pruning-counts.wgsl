// pruning-counts: how many (query block, key block) pairs hold a pair of tokens that see each other, and how many of them are kept.
// grid         one workgroup a (b, h), folded over x and y; its threads share the query blocks
// start_index  [B, H, query_blocks] key position
// visibility        [B, N] (first, end), read only if HAS_VISIBILITY; tokens that see something are contiguous, and first does not decrease over
//              them, so that a query block sees the blocks of one run of keys
// counts       [B, H, 2] kept, visible

// @spec
const WG_SIZE: u32 = 64u;
const HAS_VISIBILITY: bool = false;
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
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> t_kept: atomic<u32>;
var<workgroup> t_visible: atomic<u32>;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i_batch_head = group.y * groups.x + group.x;
  let m_head = i_batch_head < params.batch * params.num_heads;
  let i_batch = min(i_batch_head / params.num_heads, params.batch - 1u);
  let offset = params.key_len - params.query_len;
  // Workgroup memory holds anything at the start.
  if (local == 0u) {
    atomicStore(&t_kept, 0u);
    atomicStore(&t_visible, 0u);
  }
  workgroupBarrier();
  var kept = 0u;
  var visible = 0u;
  for (var m = local; m < select(0u, params.query_blocks, m_head); m += WG_SIZE) {
    let rows_end = min((m + 1u) * params.block_m, params.query_len);
    let seen = seen_blocks(i_batch, offset + m * params.block_m, offset + rows_end);
    let start = u32(max(start_index[i_batch_head * params.query_blocks + m], 0)) / params.block_n;
    visible += seen.y - seen.x;
    kept += seen.y - clamp(start, seen.x, seen.y);
  }
  // Whole numbers: the order of the additions does not matter.
  atomicAdd(&t_kept, kept);
  atomicAdd(&t_visible, visible);
  workgroupBarrier();
  if (local == 0u && m_head) {
    counts[2u * i_batch_head] = atomicLoad(&t_kept);
    counts[2u * i_batch_head + 1u] = atomicLoad(&t_visible);
  }
}
