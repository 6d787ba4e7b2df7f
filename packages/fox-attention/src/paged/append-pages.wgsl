// append pages: writes the keys, values and cumulative gates of a chunk into their pages. Tokens without a page (padding) are left out.
// grid         one thread a vec4 of k, 64 a workgroup, folded over x and y
// k, v         [B, M, Hkv, D] f32, token i at position state[0] + i    log_lambda [B, H, M] two-part
// pool_k, pool_v [pages, 32, D]    pool_lambda [pages, group, 32]    table [B, Hkv, max_pages], -1 where there is no page
// state        [1 + B] i32: position of token 0, then the first token of each b that is not padding
// cost         16 * D bytes a token and key head

// @spec
const WG_SIZE: u32 = 64u;
const HAS_GATE: bool = true;
// @end-spec

struct Params {
  rows: u32,                // B * M * Hkv
  chunk_len: u32,
  kv_heads: u32,
  group: u32,
  head_vec4: u32,
  max_pages: u32,
}

@group(0) @binding(0) var<storage, read> k: array<vec4f>;
@group(0) @binding(1) var<storage, read> v: array<vec4f>;
@group(0) @binding(2) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read> table: array<i32>;
@group(0) @binding(4) var<storage, read> state: array<i32>;
@group(0) @binding(5) var<storage, read_write> pool_k: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> pool_v: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> pool_lambda: array<vec2<i32>>;
@group(0) @binding(8) var<uniform> params: Params;

const PAGE_SIZE: u32 = 32u;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let row = index / params.head_vec4;
  let d = index % params.head_vec4;
  if (row >= params.rows) { return; }
  let g = row % params.kv_heads;
  let i = (row / params.kv_heads) % params.chunk_len;
  let b = row / (params.kv_heads * params.chunk_len);
  let position = u32(state[0]) + i;
  // A token past the table belongs to nobody: the host made too little room.
  if (position / PAGE_SIZE >= params.max_pages) { return; }
  let page = table[(b * params.kv_heads + g) * params.max_pages + position / PAGE_SIZE];
  if (page < 0) { return; }
  let at = (u32(page) * PAGE_SIZE + position % PAGE_SIZE) * params.head_vec4 + d;
  pool_k[at] = k[index];
  pool_v[at] = v[index];
  if (!HAS_GATE) { return; }
  for (var n = d; n < params.group; n += params.head_vec4) {
    let head = b * params.kv_heads * params.group + g * params.group + n;
    let to = (u32(page) * params.group + n) * PAGE_SIZE + position % PAGE_SIZE;
    pool_lambda[to] = log_lambda[head * params.chunk_len + i];
  }
}
