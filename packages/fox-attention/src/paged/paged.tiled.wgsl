// paged attention (tiled): o_i = softmax(q_i k^T * sm_scale + D) v over keys in pages, online softmax in base 2. [FoX v2, forgetting attention]
// grid         (M * SPLITS, H, B): SPLITS workgroups own one query row, their threads take every SPLITS * WG_SIZE-th key each and are merged at the end
// q            [B, M, H, D] f32, row i at position state[0] + i
// out          [B, M, H, D]; with several splits [B, M, H, SPLITS, D + 4]: Σ 2^(score − pivot) v, then pivot, Σ 2^(score − pivot), 0, 0
// pool_k, pool_v [pages, 32, D] f32    pool_lambda [pages, group, 32] two-part, see log-lambda.wgsl
// table        [B, Hkv, max_pages] i32, -1 where there is no page    first_page [B, H]
// state        [1 + B] i32: position of row 0, then the first token of each b that is not padding
// cost         4 * D flops per visible (query, key) pair

// @spec
const HEAD_DIM: u32 = 64u;
const WG_SIZE: u32 = 64u;
const SPLITS: u32 = 1u;
const HAS_GATE: bool = true;
const HAS_FIRST_PAGE: bool = false;
// @end-spec

struct Params {
  num_heads: u32,
  group: u32,
  query_len: u32,
  max_pages: u32,
  window: u32,              // tokens a row sees, itself included
  sm_scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> pool_k: array<vec4f>;
@group(0) @binding(2) var<storage, read> pool_v: array<vec4f>;
@group(0) @binding(3) var<storage, read> pool_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> table: array<i32>;
@group(0) @binding(5) var<storage, read> first_page: array<i32>;
@group(0) @binding(6) var<storage, read> state: array<i32>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// Vectors of a row that are merged at once: PART threads each for a WG_SIZE / PART share of the threads.
const PART: u32 = 4u;
const SHARES: u32 = WG_SIZE / PART;

var<workgroup> t_q: array<vec4f, D4>;
var<workgroup> t_stats: array<vec2f, WG_SIZE>;          // pivot and sum of each thread
var<workgroup> t_part: array<vec4f, WG_SIZE * PART>;    // [WG_SIZE, PART]

fn decay_of(row: vec2<i32>, key: vec2<i32>) -> f32 {
  return decay_bias(row, key_decay(key, key, key, key)).x;
}

// Leaves the pivot and the sum of all threads in t_stats[0].
fn merge_stats(lane: u32) {
  for (var stride = WG_SIZE / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) {
      let a = t_stats[lane];
      let b = t_stats[lane + stride];
      let pivot = max(a.x, b.x);
      t_stats[lane] = vec2f(pivot, a.y * exp2(a.x - pivot) + b.y * exp2(b.x - pivot));
    }
  }
  workgroupBarrier();
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = wg.x / SPLITS;
  let split = wg.x % SPLITS;
  let h = wg.y;
  let b = wg.z;
  let position = u32(state[0]) + i;
  let first = first_key(b, h, position);
  let o_row = ((b * params.query_len + i) * params.num_heads + h) * D4;
  let lambda_row = lambda_at(b, h, position);
  for (var d = lane; d < D4; d += WG_SIZE) { t_q[d] = q[o_row + d]; }
  workgroupBarrier();
  var pivot = NEG_LARGE;
  var sum = 0.0;
  var p_out: array<vec4f, D4>;
  for (var j = first + split * WG_SIZE + lane; j <= position; j += SPLITS * WG_SIZE) {
    let page = page_at(b, h, j / PAGE_SIZE);
    if (page < 0) { continue; }
    let at = (u32(page) * PAGE_SIZE + j % PAGE_SIZE) * D4;
    var qk = 0.0;
    for (var d = 0u; d < D4; d++) { qk += dot(t_q[d], pool_k[at + d]); }
    let score = (qk * params.sm_scale + decay_of(lambda_row, lambda_in(page, h, j))) * LOG2E;
    let next_pivot = max(pivot, score);
    let rescale = exp2(pivot - next_pivot);
    let weight = exp2(score - next_pivot);
    pivot = next_pivot;
    sum = sum * rescale + weight;
    for (var d = 0u; d < D4; d++) { p_out[d] = p_out[d] * rescale + weight * pool_v[at + d]; }
  }

  t_stats[lane] = vec2f(pivot, sum);
  merge_stats(lane);
  let scale = exp2(pivot - t_stats[0].x);
  let total = t_stats[0].y;
  var divisor = select(1.0, total, total > 0.0);
  var o_out = o_row;
  if (SPLITS > 1u) {
    divisor = 1.0;
    o_out = (o_row / D4 * SPLITS + split) * (D4 + 1u);
    if (lane == 0u) { out[o_out + D4] = vec4f(t_stats[0], 0.0, 0.0); }
  }
  for (var d_first = 0u; d_first < D4; d_first += PART) {
    workgroupBarrier();
    for (var d = 0u; d < PART; d++) { t_part[lane * PART + d] = p_out[d_first + d] * scale; }
    workgroupBarrier();
    // Thread lane sums vector lane % PART over its share of the threads, then the first PART threads sum the shares.
    var share = vec4f(0.0);
    for (var n = 0u; n < PART; n++) { share += t_part[(lane / PART + n * SHARES) * PART + lane % PART]; }
    workgroupBarrier();
    t_part[lane] = share;
    workgroupBarrier();
    if (lane < PART) {
      var whole = vec4f(0.0);
      for (var n = 0u; n < SHARES; n++) { whole += t_part[n * PART + lane]; }
      out[o_out + d_first + lane] = whole / divisor;
    }
  }
}
