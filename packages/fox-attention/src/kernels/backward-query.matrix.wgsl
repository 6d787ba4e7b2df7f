// backward-query (matrix): dq_i = sm_scale * sum_j P_ij (dP_ij - delta_i) k_j, on subgroup matrices. [FoX v2, backward pass]
// grid         see lib/place.wgsl; the last rows first, as they have the most keys: a workgroup owns SUBGROUPS × ROWS query rows and
//              takes COLUMNS keys a step
// q, dout, dq  [B, M, H, D] f16    k, v [B, N, Hkv, D] f16    stats: see backward-prepare    logit_bound: see forward.matrix
// dlog_lambda  [B, H, N]: if given, sum_j dS_ij is added to the gate of row i. It is 0 but for the rounding of delta, which then counts
//              only for the gates between i and j
// cost         6 * D flops per (query, key) pair of the tiles computed
//
// Plain tiles, which all rows of the workgroup keep whole, go through a loop of their own.

// @spec
const HEAD_DIM: u32 = 64u;
const MATRIX: u32 = 16u;
const SUBGROUP: u32 = 32u;
const SUBGROUPS: u32 = 4u;
const ROWS: u32 = 32u;
const COLUMNS: u32 = 16u;
const BUFFERS: u32 = 2u;
const HALF_SCORES: bool = true;
alias Score = f16;
const GROUPS: u32 = 1u;
const LANES_PER_ROW: u32 = 2u;
const ROW_SHUFFLES: u32 = 1u;
const ROW_TURNS: u32 = 2u;
const COLUMN_TURNS: u32 = 1u;
const ROW_TILES: u32 = 2u;
const COLUMN_TILES: u32 = 1u;
const HEAD_TILES: u32 = 4u;
const LOADS: u32 = 1u;
const PARTS: u32 = 4u;
const PART_TILES: u32 = 1u;
const HAS_LOGIT_BOUND: bool = false;
const HAS_DLOG_LAMBDA: bool = false;
// @end-spec

struct Params { num_heads: u32, num_kv_heads: u32, query_len: u32, key_len: u32, sm_scale: f32, max_bound: f32 }

@group(0) @binding(0) var<storage, read_write> q: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> k: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> v: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> dout: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec4<i32>>;
@group(0) @binding(5) var<storage, read> logit_bound: array<f32>;
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<u32>>;
@group(0) @binding(7) var<storage, read_write> dlog_lambda: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

const TILE_UNITS: u32 = COLUMNS * TILE_STRIDE;  // of keys; values follow
const BUFFER_UNITS: u32 = 2u * TILE_UNITS;
const FIRST_STRIP: u32 = BUFFERS * BUFFER_UNITS;

// Buffers of keys and values; then for each subgroup a strip of scores, later dS, and one of dP.
var<workgroup> t_units: array<vec4<u32>, FIRST_STRIP + SUBGROUPS * 2u * STRIP_UNITS>;
var<workgroup> t_decay: array<f32, COLUMNS>; // of the tile's keys, relative to the workgroup's first row
var<workgroup> t_firsts: array<vec2<u32>, SUBGROUPS>; // smallest and largest first key of a subgroup's rows

// The rows of a lane: row_lane + ROW_LANES * r of its subgroup.
var<private> p_bias: array<f32, ROW_TURNS>;  // decay less lse, and WEIGHT_BITS
var<private> p_delta: array<f32, ROW_TURNS>;
var<private> p_first: array<u32, ROW_TURNS>; // first kept key
var<private> p_sum: array<f32, ROW_TURNS>;   // of dS, on this lane's columns

struct Spot { strip: u32, row_lane: u32, column_lane: u32, position: u32 }

fn load_keys(source: Units, j_first: u32) -> array<vec4<u32>, LOADS> {
  var units: array<vec4<u32>, LOADS>;
  for (var n = 0u; n < LOADS; n++) { // @unroll
    units[n] = k[unit_of_tile(source, j_first, n)];
  }
  return units;
}

fn load_values(source: Units, j_first: u32) -> array<vec4<u32>, LOADS> {
  var units: array<vec4<u32>, LOADS>;
  for (var n = 0u; n < LOADS; n++) { // @unroll
    units[n] = v[unit_of_tile(source, j_first, n)];
  }
  return units;
}

fn load_decay(o_key_stats: u32, j_first: u32, thread: u32) -> vec2<i32> {
  if (thread >= COLUMNS) { return vec2<i32>(); }
  return stats[o_key_stats + min(j_first + thread, params.key_len - 1u)].xy;
}

fn store_decay(lambda: vec2<i32>, origin: i32, thread: u32) {
  if (thread < COLUMNS) { t_decay[thread] = relative_decay(lambda, origin); }
}

// Decay of 8 neighbouring keys
fn decay_at(j: u32) -> Eight {
  return Eight(
    vec4f(t_decay[j], t_decay[j + 1u], t_decay[j + 2u], t_decay[j + 3u]),
    vec4f(t_decay[j + 4u], t_decay[j + 5u], t_decay[j + 6u], t_decay[j + 7u]));
}

// Turns scores and dP of the strips into dS, in the strip of the scores.
fn differentiate(spot: Spot, j_first: u32, is_masked: bool) {
  let scale = params.sm_scale * LOG2E;
  for (var c = 0u; c < COLUMN_TURNS; c++) { // @unroll
    let chunk = (spot.column_lane + c * LANES_PER_ROW) * GROUPS;
    for (var g = 0u; g < GROUPS; g++) { // @unroll
      let decay = decay_at((chunk + g) * 8u);
      for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
        let row = spot.row_lane + r * ROW_LANES;
        let at = spot.strip + row * STRIP_STRIDE + chunk * SCORE_UNITS;
        let scores = load_scores(at + g * SCORE_UNITS);
        let dp = load_scores(at + g * SCORE_UNITS + STRIP_UNITS);
        var weights = Eight(
          exp2(scores.low * scale + (p_bias[r] - decay.low)), exp2(scores.high * scale + (p_bias[r] - decay.high)));
        if (is_masked) { weights = keep(weights, 0.0, j_first + (chunk + g) * 8u, p_first[r], spot.position + row); }
        let ds = Eight(weights.low * (dp.low - p_delta[r]), weights.high * (dp.high - p_delta[r]));
        if (HAS_DLOG_LAMBDA) { p_sum[r] += sum_of(ds); }
        t_units[at + g] = pack_half(ds);
      }
    }
  }
}

// Adds the keys of the turn's tile, times dS in the subgroup's strip.
fn add_keys(sums: ptr<function, array<Sum, ROW_TILES * HEAD_TILES>>, turn: u32, thread: u32) {
  let tile = turn % BUFFERS * BUFFER_UNITS;
  let strip = FIRST_STRIP + min(thread / SUBGROUP, SUBGROUPS - 1u) * (2u * STRIP_UNITS);
  var ds: array<Left, ROW_TILES>;
  for (var n = 0u; n < COLUMN_TILES; n++) { // @unroll
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      ds[i] = subgroupMatrixLoad<Left, row_major>(&t_units,
        strip + i * MATRIX * STRIP_STRIDE + n * M8 * SCORE_UNITS, STRIP_STRIDE);
    }
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      let right = subgroupMatrixLoad<Right, row_major>(&t_units, tile + n * MATRIX * TILE_STRIDE + d * M8, TILE_STRIDE);
      for (var i = 0u; i < ROW_TILES; i++) { // @unroll
        (*sums)[i * HEAD_TILES + d] = subgroupMatrixMultiplyAccumulate(ds[i], right, (*sums)[i * HEAD_TILES + d]);
      }
    }
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) thread: u32) {
  let place = head_of(wg, grid, params.num_heads);
  let h = place.head;
  let b = place.batch;
  let bh = b * params.num_heads + h;
  if (HAS_LOGIT_BOUND && (logit_bound[bh] <= params.max_bound) != HALF_SCORES) { return; }
  let h_key = h / (params.num_heads / params.num_kv_heads);
  let subgroup = thread / SUBGROUP;
  let lane = thread % SUBGROUP;
  let has_row = ROW_LANES <= ROWS || lane < ROWS;
  let i_first = (grid.y - 1u - wg.y) * SUBGROUPS * ROWS;
  let offset = params.key_len - params.query_len;
  let o_row_stats = bh * params.query_len;
  let o_key_stats = place.batches * params.num_heads * params.query_len + bh * params.key_len;
  let origin = stats[o_row_stats + i_first].x;

  let i_own = i_first + subgroup * ROWS;
  let strip = FIRST_STRIP + min(subgroup, SUBGROUPS - 1u) * (2u * STRIP_UNITS);
  let spot = Spot(strip, lane % ROW_LANES, lane / ROW_LANES, i_own + offset);
  var smallest_first = params.key_len;
  var largest_first = 0u;
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    let i = min(i_own + min(spot.row_lane + r * ROW_LANES, ROWS - 1u), params.query_len - 1u);
    let entry = stats[o_row_stats + i];
    p_bias[r] = relative_decay(entry.xy, origin) + WEIGHT_BITS;
    p_delta[r] = bitcast<f32>(entry.z);
    p_first[r] = u32(entry.w);
    p_sum[r] = 0.0;
    largest_first = max(largest_first, p_first[r]);
    if (p_first[r] <= i + offset) { smallest_first = min(smallest_first, p_first[r]); }
  }
  smallest_first = subgroupMin(smallest_first); // key_len if no row keeps a key
  largest_first = subgroupMax(largest_first);
  if (i_own >= params.query_len) {
    smallest_first = params.key_len;
    largest_first = 0u;
  }
  if (lane == 0u) { t_firsts[subgroup] = vec2<u32>(smallest_first, largest_first); }
  let firsts = workgroupUniformLoad(&t_firsts);
  var first_of_all = params.key_len;
  var last_first = 0u;
  for (var n = 0u; n < SUBGROUPS; n++) { // @unroll
    first_of_all = min(first_of_all, firsts[n].x);
    last_first = max(last_first, firsts[n].y);
  }

  var p_q: array<Left, ROW_TILES * HEAD_TILES>;
  var p_dout: array<Left, ROW_TILES * HEAD_TILES>;
  for (var part = 0u; part < PARTS; part++) { // @unroll
    for (var n = lane; n < ROWS * D8 / PARTS; n += SUBGROUP) {
      let d = n % (D8 / PARTS);
      let row = n / (D8 / PARTS);
      let o_row = unit_at(b, params.query_len, i_own + row, params.num_heads, h, part * D8 / PARTS + d);
      t_units[strip + row * STRIP_STRIDE + d] = q[o_row];
      t_units[strip + STRIP_UNITS + row * STRIP_STRIDE + d] = dout[o_row];
    }
    workgroupBarrier();
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      for (var d = 0u; d < PART_TILES; d++) { // @unroll
        p_q[i * HEAD_TILES + part * PART_TILES + d] =
          subgroupMatrixLoad<Left, row_major>(&t_units, strip + i * MATRIX * STRIP_STRIDE + d * M8, STRIP_STRIDE);
        p_dout[i * HEAD_TILES + part * PART_TILES + d] =
          subgroupMatrixLoad<Left, row_major>(&t_units, strip + STRIP_UNITS + i * MATRIX * STRIP_STRIDE + d * M8, STRIP_STRIDE);
      }
    }
    workgroupBarrier();
  }

  var p_dq: array<Sum, ROW_TILES * HEAD_TILES>;
  for (var i = 0u; i < ROW_TILES; i++) { // @unroll
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      p_dq[i * HEAD_TILES + d] = Sum();
    }
  }
  let last = min(i_own + ROWS, params.query_len) - 1u + offset; // position of the subgroup's last row
  let j_end = min(i_first + SUBGROUPS * ROWS, params.query_len) + offset;
  let j_start = first_of_all / COLUMNS * COLUMNS;
  let turns = (max(j_end, j_start) - j_start + COLUMNS - 1u) / COLUMNS;
  // Plain tiles begin at or right of all first keys, and end left of the first row.
  let first_plain = (max(last_first, j_start) - j_start + COLUMNS - 1u) / COLUMNS;
  let plain_end = (max(i_first + offset, j_start) - j_start) / COLUMNS;
  let key_units = units_of(b, params.key_len, params.num_kv_heads, h_key, thread);
  var keys = load_keys(key_units, j_start);
  var values = load_values(key_units, j_start);
  var decay = load_decay(o_key_stats, j_start, thread);
  store_tile(keys, values, 0u, thread);
  store_decay(decay, origin, thread);
  workgroupBarrier();

  var turn = 0u;
  while (turn < turns) {
    if (turn >= first_plain) {
      for (; turn < plain_end; turn++) {
        let j_first = j_start + turn * COLUMNS;
        keys = load_keys(key_units, j_first + COLUMNS);
        values = load_values(key_units, j_first + COLUMNS);
        decay = load_decay(o_key_stats, j_first + COLUMNS, thread);
        score(&p_q, &p_dout, turn, thread);
        workgroupBarrier();
        if (has_row) { differentiate(spot, j_first, false); }
        workgroupBarrier();
        add_keys(&p_dq, turn, thread);
        if (BUFFERS == 1u) { workgroupBarrier(); }
        store_tile(keys, values, turn + 1u, thread);
        store_decay(decay, origin, thread);
        workgroupBarrier();
      }
    }

    let j_first = j_start + turn * COLUMNS;
    let is_active = smallest_first < j_first + COLUMNS && j_first <= last;
    keys = load_keys(key_units, j_first + COLUMNS);
    values = load_values(key_units, j_first + COLUMNS);
    decay = load_decay(o_key_stats, j_first + COLUMNS, thread);
    if (is_active) { score(&p_q, &p_dout, turn, thread); }
    workgroupBarrier();
    if (is_active && has_row) {
      differentiate(spot, j_first, j_first + COLUMNS > spot.position || j_first < largest_first);
    }
    workgroupBarrier();
    if (is_active) { add_keys(&p_dq, turn, thread); }
    if (BUFFERS == 1u) { workgroupBarrier(); }
    store_tile(keys, values, turn + 1u, thread);
    store_decay(decay, origin, thread);
    workgroupBarrier();
    turn++;
  }

  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    let row = spot.row_lane + r * ROW_LANES;
    let sum = sum_of_row(p_sum[r]) * exp2(-WEIGHT_BITS);
    if (HAS_DLOG_LAMBDA && spot.column_lane == 0u && row < ROWS && i_own + row < params.query_len) {
      dlog_lambda[bh * params.key_len + spot.position + row] += sum;
    }
  }
  for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      subgroupMatrixStore<row_major>(&t_units, strip + i * MATRIX * OUT_STRIDE, p_dq[i * HEAD_TILES + d], OUT_STRIDE);
    }
    workgroupBarrier();
    for (var n = lane; n < ROWS * M8; n += SUBGROUP) {
      let i = i_own + n / M8;
      let at = strip + n / M8 * OUT_STRIDE + n % M8 * 2u;
      if (i < params.query_len) {
        dq[unit_at(b, params.query_len, i, params.num_heads, h, d * M8 + n % M8)] =
          pack_result(at, params.sm_scale * exp2(-WEIGHT_BITS));
      }
    }
    workgroupBarrier();
  }
}
