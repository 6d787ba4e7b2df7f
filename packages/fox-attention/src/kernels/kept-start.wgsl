// kept-start: for each query block the first key that any of its rows kept, rounded down to a key block; past the last row's
// own key where no row kept any.
// grid         folded, one thread a query block
// row_stats    [B, H, M] (bits of lse, first kept key; the row's position + 1 if it keeps none)
// start_index  [B, H, ceil(M / block_m)] key positions, multiples of block_n

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params { heads: u32, query_len: u32, key_len: u32, block_m: u32, block_n: u32 }

@group(0) @binding(0) var<storage, read> row_stats: array<vec2<i32>>;
@group(0) @binding(1) var<storage, read_write> start_index: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (wg.y * grid.x + wg.x) * WG_SIZE + lane;
  let blocks = (params.query_len + params.block_m - 1u) / params.block_m;
  if (at >= params.heads * blocks) { return; }
  let offset = params.key_len - params.query_len;
  let i_end = min((at % blocks + 1u) * params.block_m, params.query_len);
  var start = (i_end + offset + params.block_n - 1u) / params.block_n * params.block_n;
  for (var i = at % blocks * params.block_m; i < i_end; i++) {
    let first = u32(row_stats[at / blocks * params.query_len + i].y);
    if (first <= i + offset) { start = min(start, first / params.block_n * params.block_n); }
  }
  start_index[at] = i32(start);
}
