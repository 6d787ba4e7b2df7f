// forward (gpu): o = softmax(q k^T * sm_scale + D) v, causal, online softmax in base 2. [FoX v2, forgetting attention]
// grid         (ceil(M / 32), H, B): a workgroup owns 32 query rows and takes 32 keys a step, see lib/tile.wgsl
// q, out       [B, M, H, D] f32    k, v [B, N, H, D] f32    log_lambda [B, H, N] two-part, see log-lambda.wgsl
// start_index  [B, H, ceil(M / block_m)] key positions, not decreasing    seq_start [B]    lse [B, H, M] natural log
// cost         4 * D flops per (query, key) pair of the tiles visited

// @spec
const HEAD_DIM: u32 = 64u;
const CHUNK: u32 = 32u;
const HAS_GATE: bool = true;
const HAS_PADDING: bool = false;
const HAS_RANGES: bool = false;
// @end-spec

struct Params { num_heads: u32, query_len: u32, key_len: u32, block_m: u32, sm_scale: f32 }

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> start_index: array<i32>;
@group(0) @binding(5) var<storage, read> seq_start: array<i32>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> lse: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

var<workgroup> t_max: array<f32, TILE * 8u>; // [TILE, 8]: one number of each thread for each of its rows

// This thread's share of the softmax of one row: `sum` covers its own columns only.
struct Row { pivot: f32, sum: f32, rescale: f32 }

fn first_key(i: u32, h: u32, b: u32) -> u32 {
  var first = 0;
  if (HAS_PADDING) { first = max(first, seq_start[b]); }
  if (HAS_RANGES) {
    let blocks = (params.query_len + params.block_m - 1u) / params.block_m;
    let block = min(i, params.query_len - 1u) / params.block_m;
    first = max(first, start_index[(b * params.num_heads + h) * blocks + block]);
  }
  return u32(first);
}

fn load_lambda(at: u32) -> vec2<i32> {
  if (HAS_GATE) { return log_lambda[at]; }
  return vec2<i32>(0);
}

fn load_queries_and_keys(chunk: u32, i_first: u32, j_first: u32, h: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_a[n / C4 * STRIDE + n % C4] = q[token_at(b, params.query_len, i_first + n / C4, h, d)];
    t_b[n / C4 * STRIDE + n % C4] = k[token_at(b, params.key_len, j_first + n / C4, h, d)];
  }
}

fn load_values(chunk: u32, j_first: u32, h: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_b[n / C4 * STRIDE + n % C4] = v[token_at(b, params.key_len, j_first + n / C4, h, d)];
  }
}

fn largest(x: vec4f) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }

fn gather(row: u32) -> array<vec4f, 2> {
  let at = row * 8u;
  return array<vec4f, 2>(
    vec4f(t_max[at], t_max[at + 1u], t_max[at + 2u], t_max[at + 3u]),
    vec4f(t_max[at + 4u], t_max[at + 5u], t_max[at + 6u], t_max[at + 7u]));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % 8u;
  let ty = lane / 8u;
  let h = wg.y;
  let b = wg.z;
  let i_first = wg.x * TILE;
  let offset = params.key_len - params.query_len;
  let o_lambda = (b * params.num_heads + h) * params.key_len;
  let j_end = min(i_first + TILE, params.query_len) + offset;
  var p_rows: array<Row, 4>;
  var p_lambda: array<vec2<i32>, 4>;
  var p_first: array<u32, 4>;
  for (var r = 0u; r < 4u; r++) {
    let i = i_first + ty + 8u * r;
    p_rows[r] = Row(NEG_LARGE, 0.0, 0.0);
    p_lambda[r] = load_lambda(o_lambda + min(i, params.query_len - 1u) + offset);
    p_first[r] = first_key(i, h, b);
  }
  var p_out: array<mat4x4f, CHUNKS>; // [CHUNKS, 4 rows]: vector tx of each chunk

  for (var j_first = first_key(i_first, h, b); j_first < j_end; j_first += TILE) {
    var s = mat4x4f();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      workgroupBarrier();
      load_queries_and_keys(chunk, i_first, j_first, h, b, lane);
      workgroupBarrier();
      s += multiply(tx, ty);
    }
    let raw_keys = vec4u(j_first + tx) + vec4u(0u, 8u, 16u, 24u);
    let at = o_lambda + min(raw_keys, vec4u(params.key_len - 1u));
    let decay = key_decay(load_lambda(at.x), load_lambda(at.y), load_lambda(at.z), load_lambda(at.w));
    for (var r = 0u; r < 4u; r++) {
      let last = i_first + ty + 8u * r + offset;
      let m_pair = (raw_keys <= vec4u(last)) & (raw_keys >= vec4u(p_first[r]));
      let score = (s[r] * params.sm_scale + decay_bias(p_lambda[r], decay)) * LOG2E;
      s[r] = select(vec4f(NEG_LARGE), score, m_pair);
      t_max[(ty + 8u * r) * 8u + tx] = largest(s[r]);
    }
    workgroupBarrier();
    for (var r = 0u; r < 4u; r++) {
      let maxima = gather(ty + 8u * r);
      let pivot = max(p_rows[r].pivot, largest(max(maxima[0], maxima[1])));
      let rescale = exp2(p_rows[r].pivot - pivot);
      s[r] = select(exp2(s[r] - pivot), vec4f(0.0), s[r] <= vec4f(NEG_LARGE));
      p_rows[r] = Row(pivot, p_rows[r].sum * rescale + dot(s[r], vec4f(1.0)), rescale);
    }
    store_weights(s, tx, ty);
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      workgroupBarrier();
      load_values(chunk, j_first, h, b, lane);
      workgroupBarrier();
      let step = weigh(tx, ty);
      for (var r = 0u; r < 4u; r++) { p_out[chunk][r] = p_out[chunk][r] * p_rows[r].rescale + step[r]; }
    }
  }

  for (var r = 0u; r < 4u; r++) { t_max[(ty + 8u * r) * 8u + tx] = p_rows[r].sum; }
  workgroupBarrier();
  for (var r = 0u; r < 4u; r++) {
    let i = i_first + ty + 8u * r;
    if (i >= params.query_len) { continue; }
    let sums = gather(ty + 8u * r);
    let sum = dot(sums[0] + sums[1], vec4f(1.0));
    let safe_sum = select(1.0, sum, sum > 0.0);
    if (tx == 0u) {
      let o_lse = (b * params.num_heads + h) * params.query_len + i;
      lse[o_lse] = select(NEG_LARGE, p_rows[r].pivot * LN2 + log(safe_sum), sum > 0.0);
    }
    if (tx >= C4) { continue; }
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      out[token_at(b, params.query_len, i, h, chunk * C4 + tx)] = p_out[chunk][r] / safe_sum;
    }
  }
}
