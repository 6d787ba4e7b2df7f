// kept-blocks: from each row's first kept key the kept blocks, their transpose, and how many they are.
// start_index: for each query block the first key that any of its rows kept, rounded down to a key block; past the last row's own key where no row kept any.
// end_index:   for each key block the row after the last query block that keeps it, 0 if none does.
// counts:      blocks kept, and blocks that hold a pair of tokens that see each other.
// grid         one workgroup a (b, h), folded over x and y; its threads share the blocks
// row_stats    [B, H, M] (bits of lse, first kept key; the row's position + 1 if it keeps none)
// visibility   [B, N] (first, end), read only if HAS_VISIBILITY; see seen-blocks
// start_index  [B, H, ceil(M / block_m)] key positions, multiples of block_n    end_index [B, H, ceil(N / block_n)] rows
// counts       [B, H, 2] kept, visible
// cost         8 bytes a row

// @spec
const WG_SIZE: u32 = 256u;
const HAS_VISIBILITY: bool = false;
// @end-spec

struct Params { batch: u32, num_heads: u32, query_len: u32, key_len: u32, block_m: u32, block_n: u32 }

@group(0) @binding(0) var<storage, read> row_stats: array<vec2<i32>>;
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read_write> start_index: array<i32>;
@group(0) @binding(3) var<storage, read_write> end_index: array<i32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

var<workgroup> t_kept: atomic<u32>;
var<workgroup> t_visible: atomic<u32>;

fn first_kept(head: u32, block: u32) -> u32 {
  let offset = params.key_len - params.query_len;
  let i_end = min((block + 1u) * params.block_m, params.query_len);
  var start = (i_end + offset + params.block_n - 1u) / params.block_n * params.block_n;
  for (var i = block * params.block_m; i < i_end; i++) {
    let first = u32(row_stats[head * params.query_len + i].y);
    if (first <= i + offset) { start = min(start, first / params.block_n * params.block_n); }
  }
  return start;
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = wg.y * grid.x + wg.x;
  let m_head = head < params.batch * params.num_heads;
  let i_batch = min(head / params.num_heads, params.batch - 1u);
  let offset = params.key_len - params.query_len;
  let blocks = (params.query_len + params.block_m - 1u) / params.block_m;
  let key_blocks = (params.key_len + params.block_n - 1u) / params.block_n;
  // Workgroup memory holds anything at the start.
  if (lane == 0u) {
    atomicStore(&t_kept, 0u);
    atomicStore(&t_visible, 0u);
  }
  workgroupBarrier();
  var kept = 0u;
  var visible = 0u;
  for (var block = lane; block < select(0u, blocks, m_head); block += WG_SIZE) {
    let start = first_kept(head, block);
    start_index[head * blocks + block] = i32(start);
    let rows_end = min((block + 1u) * params.block_m, params.query_len);
    let seen = seen_blocks(i_batch, offset + block * params.block_m, offset + rows_end);
    visible += seen.y - seen.x;
    kept += seen.y - clamp(start / params.block_n, seen.x, seen.y);
  }
  // Whole numbers: the order of the additions does not matter.
  atomicAdd(&t_kept, kept);
  atomicAdd(&t_visible, visible);
  storageBarrier();
  workgroupBarrier();
  for (var key_block = lane; key_block < select(0u, key_blocks, m_head); key_block += WG_SIZE) {
    let key = i32(key_block * params.block_n);
    var block = blocks;
    while (block > 0u && start_index[head * blocks + block - 1u] > key) { block--; }
    end_index[head * key_blocks + key_block] = i32(min(block * params.block_m, params.query_len));
  }
  if (lane == 0u && m_head) {
    counts[2u * head] = atomicLoad(&t_kept);
    counts[2u * head + 1u] = atomicLoad(&t_visible);
  }
}
