// decode-append: one token a row: norms q in place; shifts k and v by the token before, norms k, and puts both into their pages.
// grid         one workgroup a head: q heads, then k heads, then v heads; batch in y
// projected    q [B, H, D], then k [B, Hkv, D], v [B, Hkv, D], the output gate [B, H, D], and logits [B, 2 Hkv + H]: shift of k, of v, gates
// norms        weights of q [norm_rows_q, D], from o_norm_k those of k [norm_rows_k, D]
// last         the token before, unshifted: k [B, Hkv, D], from o_last_v v; this token afterwards
// table        [B, Hkv, max_pages], -1 where there is no page    state  [1 + B]: the token's position first
// pool_k, pool_v [pages, 32, D]
// cost         a few reads and writes of each value of q, k and v
// Needs lane-sum.wgsl and shift-weights.wgsl.

// @spec
const WG_SIZE: u32 = 64u;
const LANES: u32 = 64u;     // all threads share a head
const HEAD_DIM: u32 = 64u;
// @end-spec

struct Params {
  batch: u32,
  num_heads: u32,
  kv_heads: u32,
  max_pages: u32,
  norm_rows_q: u32,         // weights of head h are in row h % norm_rows
  norm_rows_k: u32,
  o_norm_k: u32,
  o_last_v: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read_write> projected: array<f32>;
@group(0) @binding(1) var<storage, read> norms: array<f32>;
@group(0) @binding(2) var<storage, read_write> last: array<f32>;
@group(0) @binding(3) var<storage, read> table: array<i32>;
@group(0) @binding(4) var<storage, read> state: array<i32>;
@group(0) @binding(5) var<storage, read_write> pool_k: array<f32>;
@group(0) @binding(6) var<storage, read_write> pool_v: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

const PAGE_SIZE: u32 = 32u;
const VALUES = (HEAD_DIM + WG_SIZE - 1u) / WG_SIZE;   // of a thread

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let b = workgroup.y;
  let is_q = workgroup.x < params.num_heads;
  let is_v = workgroup.x >= params.num_heads + params.kv_heads;
  let g = (workgroup.x - params.num_heads) % params.kv_heads;       // of k and v
  let size_q = params.batch * params.num_heads * HEAD_DIM;
  let size_k = params.batch * params.kv_heads * HEAD_DIM;
  let o_kv = (b * params.kv_heads + g) * HEAD_DIM;
  var o_value = size_q + o_kv + select(0u, size_k, is_v);
  if (is_q) { o_value = (b * params.num_heads + workgroup.x) * HEAD_DIM; }
  let o_last = o_kv + select(0u, params.o_last_v, is_v);
  let o_logit = 2u * (size_q + size_k) + b * (2u * params.kv_heads + params.num_heads);
  let weights = shift_weights(projected[o_logit + g + select(0u, params.kv_heads, is_v)]);

  var p: array<f32, VALUES>;
  var squares = 0.0;
  for (var i = 0u; i < VALUES; i++) {
    let d = lane + i * WG_SIZE;
    if (d >= HEAD_DIM) { break; }
    var value = projected[o_value + d];
    if (!is_q) {
      let before = last[o_last + d];
      last[o_last + d] = value;
      value = weights.y * value + weights.x * before;
    }
    p[i] = value;
    squares += value * value;
  }
  let factor = inverseSqrt(lane_sum(lane, squares) / f32(HEAD_DIM) + params.eps);

  let position = u32(state[0]);
  let column = min(position / PAGE_SIZE, params.max_pages - 1u);
  let page = table[(b * params.kv_heads + g) * params.max_pages + column];
  let o_page = (u32(max(page, 0)) * PAGE_SIZE + position % PAGE_SIZE) * HEAD_DIM;
  var o_norm = params.o_norm_k + g % params.norm_rows_k * HEAD_DIM;
  if (is_q) { o_norm = workgroup.x % params.norm_rows_q * HEAD_DIM; }
  for (var i = 0u; i < VALUES; i++) {
    let d = lane + i * WG_SIZE;
    if (d >= HEAD_DIM) { break; }
    if (is_q) {
      projected[o_value + d] = p[i] * factor * norms[o_norm + d];
    } else if (page >= 0 && is_v) {
      pool_v[o_page + d] = p[i];
    } else if (page >= 0) {
      pool_k[o_page + d] = p[i] * factor * norms[o_norm + d];
    }
  }
}
