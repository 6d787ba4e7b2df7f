// kept-end: the transpose of start_index: for each key block the row after the last query block that keeps it, 0 if none does.
// grid         folded, one thread a key block
// start_index  [B, H, ceil(M / block_m)] key positions, in any order    end_index [B, H, ceil(N / block_n)] rows

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params { heads: u32, query_len: u32, key_len: u32, block_m: u32, block_n: u32 }

@group(0) @binding(0) var<storage, read> start_index: array<i32>;
@group(0) @binding(1) var<storage, read_write> end_index: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (wg.y * grid.x + wg.x) * WG_SIZE + lane;
  let key_blocks = (params.key_len + params.block_n - 1u) / params.block_n;
  if (at >= params.heads * key_blocks) { return; }
  let blocks = (params.query_len + params.block_m - 1u) / params.block_m;
  let o_start = at / key_blocks * blocks;
  let key = i32(at % key_blocks * params.block_n);
  var block = blocks;
  while (block > 0u && start_index[o_start + block - 1u] > key) { block--; }
  end_index[at] = i32(min(block * params.block_m, params.query_len));
}
