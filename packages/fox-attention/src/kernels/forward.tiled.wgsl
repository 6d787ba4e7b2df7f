// forward (tiled): o = softmax(q k^T * sm_scale + D) v, causal, online softmax in base 2. [FoX v2, forgetting attention]
// grid         see lib/tile.wgsl; the last rows first, as they have the most keys: a workgroup owns 32 query rows and goes from
//              the diagonal to the left, 32 keys a step
// q, out       [B, M, H, D] Stored    k, v [B, N, Hkv, D] Stored    log_lambda [B, H, N] two-part, see log-lambda.wgsl
// limits, visibility  where a row's keys begin, see lib/row-limits.wgsl
// row_stats    [B, H, M] (bits of lse in natural log, first kept key); a row that keeps nothing: NEG_LARGE, its position + 1
// cost         4 * D flops per (query, key) pair of the tiles computed

// @spec
const HEAD_DIM: u32 = 64u;
alias Stored = vec4<f32>;     // vec4<f32> or vec4<f16>
const CHUNK: u32 = 32u;
const HAS_GATE: bool = true;
const HAS_VISIBILITY: bool = false;
const HAS_RANGES: bool = false;
const HAS_STOP_RULE: bool = false;
// @end-spec

const ROUNDING: f32 = 1e-5; // products of up to 128 terms in f32, see lib/row-limits.wgsl

struct Params {
  num_heads: u32, num_kv_heads: u32, query_len: u32, key_len: u32,
  block_m: u32, block_n: u32, sm_scale: f32, log_tolerance: f32,
}

@group(0) @binding(0) var<storage, read> q: array<Stored>;
@group(0) @binding(1) var<storage, read> k: array<Stored>;
@group(0) @binding(2) var<storage, read> v: array<Stored>;
@group(0) @binding(3) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> limits: array<i32>;
@group(0) @binding(5) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(6) var<storage, read_write> out: array<Stored>;
@group(0) @binding(7) var<storage, read_write> row_stats: array<vec2<i32>>;
@group(0) @binding(8) var<uniform> params: Params;

var<workgroup> t_max: array<f32, TILE * 8u>; // [TILE, 8]: one number of each thread for each of its rows
var<workgroup> t_votes: atomic<u32>;
var<workgroup> t_verdict: u32;

// This thread's share of the softmax of one row: `sum` covers its own columns only.
struct Row { pivot: f32, sum: f32, rescale: f32 }

// The first key that any row of the tile keeps. First keys do not decrease, rows that keep none aside.
fn first_of_tile(i_first: u32, h: u32, b: u32) -> u32 {
  let offset = params.key_len - params.query_len;
  for (var i = i_first; i < min(i_first + TILE, params.query_len); i++) {
    let first = first_key(i, h, b);
    if (first <= i + offset) { return first; }
  }
  return params.key_len;
}

fn load_queries_and_keys(chunk: u32, i_first: u32, j_first: u32, h: u32, h_key: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_a[n / C4 * STRIDE + n % C4] = vec4f(q[query_at(b, i_first + n / C4, h, d)]);
    t_b[n / C4 * STRIDE + n % C4] = vec4f(k[key_at(b, j_first + n / C4, h_key, d)]);
  }
}

fn load_values(chunk: u32, j_first: u32, h_key: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_b[n / C4 * STRIDE + n % C4] = vec4f(v[key_at(b, j_first + n / C4, h_key, d)]);
  }
}

fn gather(row: u32) -> array<vec4f, 2> {
  let at = row * 8u;
  return array<vec4f, 2>(
    vec4f(t_max[at], t_max[at + 1u], t_max[at + 2u], t_max[at + 3u]),
    vec4f(t_max[at + 4u], t_max[at + 5u], t_max[at + 6u], t_max[at + 7u]));
}

// Numbers of the 8 threads of a row, summed, for this thread's 4 rows.
fn sum_of_threads(shares: vec4f, tx: u32, ty: u32) -> vec4f {
  workgroupBarrier();
  for (var r = 0u; r < 4u; r++) { t_max[(ty + 8u * r) * 8u + tx] = shares[r]; }
  workgroupBarrier();
  var sums = vec4f(0.0);
  for (var r = 0u; r < 4u; r++) {
    let parts = gather(ty + 8u * r);
    sums[r] = dot(parts[0] + parts[1], vec4f(1.0));
  }
  return sums;
}

// The largest of all threads' numbers, the same in every thread.
fn largest_of_threads(x: u32, lane: u32) -> u32 {
  if (lane == 0u) { atomicStore(&t_votes, 0u); }
  workgroupBarrier();
  atomicMax(&t_votes, x);
  workgroupBarrier();
  if (lane == 0u) { t_verdict = atomicLoad(&t_votes); }
  return workgroupUniformLoad(&t_verdict);
}

// s |q| of this thread's 4 rows
fn scaled_norms(i_first: u32, h: u32, b: u32, tx: u32, ty: u32) -> vec4f {
  var squares = vec4f(0.0);
  for (var r = 0u; r < 4u; r++) {
    for (var d = tx; d < D4; d += 8u) {
      let q_d = vec4f(q[query_at(b, i_first + ty + 8u * r, h, d)]);
      squares[r] += dot(q_d, q_d);
    }
  }
  return sqrt(sum_of_threads(squares, tx, ty)) * abs(params.sm_scale);
}

// Row - key in nats, for one row and one key.
fn decay_of(row: vec2<i32>, key: vec2<i32>) -> f32 {
  return f32(row.x - key.x) * 0.0625 + (bitcast<f32>(row.y) - bitcast<f32>(key.y));
}

// False only where the tile's first row cannot stop before key j: its lse is at most the largest logit + log(keys seen).
// norm: largest s |q| of the tile; own: bound at the end of the block that the row stands in
fn may_stop(i_first: u32, h: u32, b: u32, j: u32, norm: f32) -> bool {
  let bh = b * params.num_heads + h;
  let last = i_first + params.key_len - params.query_len;
  if (last < j) { return false; }
  let bound = bound_before(bh, j);
  let own = bound_before(bh, (last / params.block_n + 1u) * params.block_n);
  let o_lambda = bh * params.key_len;
  let decay = decay_of(load_lambda(o_lambda + last), load_lambda(o_lambda + j - 1u));
  let reach = params.log_tolerance + log(f32(last + 1u - j)) + norm * max(own.y - bound.y, 0.0);
  return decay + bound.x <= reach + ROUNDING * (1.0 + norm * own.y);
}

// Largest |k| of the key blocks that begin at j or after it and that the last step has done.
fn max_norm_right_of(bh: u32, j: u32) -> f32 {
  let end_of_blocks = (params.key_len + params.block_n - 1u) / params.block_n * params.block_n;
  let end = min(j + max(TILE, params.block_n), end_of_blocks);
  var largest_norm = 0.0;
  for (var end_of_block = j + params.block_n; end_of_block <= end; end_of_block += params.block_n) {
    largest_norm = max(largest_norm, bound_before(bh, end_of_block).y);
  }
  return largest_norm;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % 8u;
  let ty = lane / 8u;
  let place = head_of(wg, grid, params.num_heads);
  let h = place.head;
  let h_key = h / (params.num_heads / params.num_kv_heads);
  let b = place.batch;
  let bh = b * params.num_heads + h;
  let i_first = (grid.y - 1u - wg.y) * TILE;
  let offset = params.key_len - params.query_len;
  let o_lambda = bh * params.key_len;
  let last_of_tile = min(i_first + TILE, params.query_len) - 1u + offset;
  let first_kept = first_of_tile(i_first, h, b);
  var p_rows: array<Row, 4>;
  var p_lambda: array<vec2<i32>, 4>;
  var p_first: vec4u;
  for (var r = 0u; r < 4u; r++) {
    let i = min(i_first + ty + 8u * r, params.query_len - 1u);
    p_rows[r] = Row(NEG_LARGE, 0.0, 0.0);
    p_lambda[r] = load_lambda(o_lambda + i + offset);
    p_first[r] = first_key(i, h, b);
  }
  var p_out: array<mat4x4f, CHUNKS>; // [CHUNKS, 4 rows]: vector tx of each chunk
  var stop = 0u;
  var norms = vec4f(0.0);
  var norm_of_tile = 0.0;
  var max_norm = 0.0; // largest |k| of the key blocks done so far
  if (HAS_STOP_RULE) {
    norms = scaled_norms(i_first, h, b, tx, ty);
    norm_of_tile = bitcast<f32>(largest_of_threads(bitcast<u32>(largest(norms)), lane));
  }

  for (var j_end = (last_of_tile / TILE + 1u) * TILE; j_end > first_kept; j_end -= TILE) {
    let j_first = j_end - TILE;
    var s = mat4x4f();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      workgroupBarrier();
      load_queries_and_keys(chunk, i_first, j_first, h, h_key, b, lane);
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
      load_values(chunk, j_first, h_key, b, lane);
      workgroupBarrier();
      let step = weigh(tx, ty);
      for (var r = 0u; r < 4u; r++) { p_out[chunk][r] = p_out[chunk][r] * p_rows[r].rescale + step[r]; }
    }
    if (HAS_STOP_RULE && j_first > first_kept && j_first % params.block_n == 0u) {
      max_norm = max(max_norm, max_norm_right_of(bh, j_first));
      if (may_stop(i_first, h, b, j_first, norm_of_tile)) {
        let sums = sum_of_threads(vec4f(p_rows[0].sum, p_rows[1].sum, p_rows[2].sum, p_rows[3].sum), tx, ty);
        let pivots = vec4f(p_rows[0].pivot, p_rows[1].pivot, p_rows[2].pivot, p_rows[3].pivot);
        // decay_bias is key minus row here, so it counts negative.
        let rows_decay = key_decay(p_lambda[0], p_lambda[1], p_lambda[2], p_lambda[3]);
        let bound_decay = -decay_bias(load_lambda(o_lambda + j_first - 1u), rows_decay);
        let m_drop = may_drop(norms, bound_decay, bound_before(bh, j_first), max_norm, pivots, sums);
        // Rows past the end, rows that keep nothing from here on, or nothing at all, do not hold the others back.
        let rows = vec4u(i_first + ty) + vec4u(0u, 8u, 16u, 24u);
        let m_idle = (p_first >= vec4u(j_first)) | (p_first > rows + offset) | (rows >= vec4u(params.query_len));
        let against = select(0u, 1u, !all(m_drop | m_idle));
        if (largest_of_threads(against, lane) == 0u) {
          stop = j_first;
          break;
        }
      }
    }
  }

  let sums = sum_of_threads(vec4f(p_rows[0].sum, p_rows[1].sum, p_rows[2].sum, p_rows[3].sum), tx, ty);
  for (var r = 0u; r < 4u; r++) {
    let i = i_first + ty + 8u * r;
    if (i >= params.query_len) { continue; }
    let safe_sum = select(1.0, sums[r], sums[r] > 0.0);
    if (tx == 0u) {
      let lse = select(NEG_LARGE, p_rows[r].pivot * LN2 + log(safe_sum), sums[r] > 0.0);
      let first = min(max(p_first[r], stop), i + offset + 1u);
      row_stats[bh * params.query_len + i] = vec2<i32>(bitcast<i32>(lse), i32(first));
    }
    if (tx >= C4) { continue; }
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      out[query_at(b, i, h, chunk * C4 + tx)] = Stored(p_out[chunk][r] / safe_sum);
    }
  }
}
