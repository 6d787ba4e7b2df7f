// backward-key (matrix): dv_j = sum_i P_ij dout_i, dk_j = sm_scale * sum_i dS_ij q_i, dlog_lambda_j = - sum_i dS_ij,
// with dS_ij = P_ij (dP_ij - delta_i), on subgroup matrices; dk and dv also sum over the query heads of their key head. [FoX v2, backward pass]
// grid         see lib/place.wgsl; the first keys first, as they have the most rows: a workgroup owns SUBGROUPS × ROWS keys and takes
//              COLUMNS query rows a step. Scores are transposed: keys are their rows
// q, dout      [B, M, H, D] f16    k, v, dk, dv [B, N, Hkv, D] f16    dlog_lambda [B, H, N]    stats: see backward-prepare
// logit_bound  see forward.matrix; a key head with one query head beyond the bound belongs to the launch with scores in f32
// cost         8 * D flops per (query, key) pair of the tiles computed

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
const HAS_STOP_RULE: bool = false;
const HAS_LOGIT_BOUND: bool = false;
// @end-spec

struct Params { num_heads: u32, num_kv_heads: u32, query_len: u32, key_len: u32, sm_scale: f32, max_bound: f32 }

@group(0) @binding(0) var<storage, read_write> q: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> k: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> v: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> dout: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec4<i32>>;
@group(0) @binding(5) var<storage, read> logit_bound: array<f32>;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4<u32>>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read_write> dlog_lambda: array<f32>;
@group(0) @binding(9) var<uniform> params: Params;

const TILE_UNITS: u32 = COLUMNS * TILE_STRIDE;  // of queries; dout follows
const BUFFER_UNITS: u32 = 2u * TILE_UNITS;
const FIRST_STRIP: u32 = BUFFERS * BUFFER_UNITS;
// First kept key of a row that is none.
const NO_KEY: u32 = 0xffffffffu;

// Buffers of queries and dout; then for each subgroup a strip of scores, later P, and one of dP, later dS.
var<workgroup> t_units: array<vec4<u32>, FIRST_STRIP + SUBGROUPS * 2u * STRIP_UNITS>;
// Of the tile's query rows: (bits of decay less lse, relative to the workgroup's first key; bits of delta; first kept key; 0)
var<workgroup> t_rows: array<vec4<u32>, COLUMNS>;
var<workgroup> t_ends: array<u32, SUBGROUPS>;

// The keys of a lane: row_lane + ROW_LANES * r of its subgroup.
var<private> p_decay: array<f32, ROW_TURNS>;
var<private> p_sum: array<f32, ROW_TURNS>; // of dS, on this lane's columns

// key: position of the subgroup's first key
struct Spot { strip: u32, row_lane: u32, column_lane: u32, key: u32 }

fn load_queries(source: Units, i_first: u32) -> array<vec4<u32>, LOADS> {
  var units: array<vec4<u32>, LOADS>;
  for (var n = 0u; n < LOADS; n++) { // @unroll
    units[n] = q[unit_of_tile(source, i_first, n)];
  }
  return units;
}

fn load_dout(source: Units, i_first: u32) -> array<vec4<u32>, LOADS> {
  var units: array<vec4<u32>, LOADS>;
  for (var n = 0u; n < LOADS; n++) { // @unroll
    units[n] = dout[unit_of_tile(source, i_first, n)];
  }
  return units;
}

// What `t_rows` holds of a row, from its entry in `stats`
fn row_of(entry: vec4<i32>, i: u32, origin: i32) -> vec4<u32> {
  let bias = relative_decay(entry.xy, origin) + WEIGHT_BITS;
  return vec4<u32>(bitcast<u32>(bias), u32(entry.z), select(u32(entry.w), NO_KEY, i >= params.query_len), 0u);
}

// Turns scores and dP of the strips into P and dS, in place.
fn differentiate(spot: Spot, position: u32, is_diagonal: bool, is_plain: bool) {
  let scale = params.sm_scale * LOG2E;
  for (var c = 0u; c < COLUMN_TURNS; c++) { // @unroll
    let chunk = (spot.column_lane + c * LANES_PER_ROW) * GROUPS;
    for (var g = 0u; g < GROUPS; g++) { // @unroll
      let column = (chunk + g) * 8u;
      let rows = array<vec4<u32>, 8>(
        t_rows[column], t_rows[column + 1u], t_rows[column + 2u], t_rows[column + 3u],
        t_rows[column + 4u], t_rows[column + 5u], t_rows[column + 6u], t_rows[column + 7u]);
      let bias = Eight(
        bitcast<vec4f>(vec4<u32>(rows[0].x, rows[1].x, rows[2].x, rows[3].x)),
        bitcast<vec4f>(vec4<u32>(rows[4].x, rows[5].x, rows[6].x, rows[7].x)));
      let delta = Eight(
        bitcast<vec4f>(vec4<u32>(rows[0].y, rows[1].y, rows[2].y, rows[3].y)),
        bitcast<vec4f>(vec4<u32>(rows[4].y, rows[5].y, rows[6].y, rows[7].y)));
      let first_low = vec4<u32>(rows[0].z, rows[1].z, rows[2].z, rows[3].z);
      let first_high = vec4<u32>(rows[4].z, rows[5].z, rows[6].z, rows[7].z);
      let is_masked = !is_plain && (is_diagonal || any(max(first_low, first_high) > vec4u(spot.key)));
      for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
        let row = spot.row_lane + r * ROW_LANES;
        let at = spot.strip + row * STRIP_STRIDE + chunk * SCORE_UNITS;
        let scores = load_scores(at + g * SCORE_UNITS);
        let dp = load_scores(at + g * SCORE_UNITS + STRIP_UNITS);
        var weights = Eight(
          exp2(scores.low * scale + (bias.low - p_decay[r])), exp2(scores.high * scale + (bias.high - p_decay[r])));
        if (is_masked) {
          let key = spot.key + row;
          let low = vec4u(position + column) + vec4u(0u, 1u, 2u, 3u);
          weights.low = select(vec4f(0.0), weights.low, (vec4u(key) <= low) & (vec4u(key) >= first_low));
          weights.high = select(vec4f(0.0), weights.high, (vec4u(key) <= low + 4u) & (vec4u(key) >= first_high));
        }
        let ds = Eight(weights.low * (dp.low - delta.low), weights.high * (dp.high - delta.high));
        p_sum[r] += sum_of(ds);
        t_units[at + g] = pack_half(weights);
        t_units[at + g + STRIP_UNITS] = pack_half(ds);
      }
    }
  }
}

// Whether the heads of a key head belong to this launch
fn is_ours(b: u32, first_head: u32, group: u32) -> bool {
  if (!HAS_LOGIT_BOUND) { return true; }
  var is_bounded = true;
  for (var h = first_head; h < first_head + group; h++) {
    is_bounded = is_bounded && logit_bound[b * params.num_heads + h] <= params.max_bound;
  }
  return is_bounded == HALF_SCORES;
}

// Adds the turn's queries, times dS, to dK, and its dout, times P, to dV.
fn add_rows(
  dk_sums: ptr<function, array<Sum, ROW_TILES * HEAD_TILES>>, dv_sums: ptr<function, array<Sum, ROW_TILES * HEAD_TILES>>,
  turn: u32, thread: u32,
) {
  let tile = turn % BUFFERS * BUFFER_UNITS;
  let strip = FIRST_STRIP + min(thread / SUBGROUP, SUBGROUPS - 1u) * (2u * STRIP_UNITS);
  var weights: array<Left, ROW_TILES>;
  for (var n = 0u; n < COLUMN_TILES; n++) { // @unroll
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      weights[i] = subgroupMatrixLoad<Left, row_major>(&t_units,
        strip + STRIP_UNITS + i * MATRIX * STRIP_STRIDE + n * M8 * SCORE_UNITS, STRIP_STRIDE);
    }
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      let right = subgroupMatrixLoad<Right, row_major>(&t_units, tile + n * MATRIX * TILE_STRIDE + d * M8, TILE_STRIDE);
      for (var i = 0u; i < ROW_TILES; i++) { // @unroll
        (*dk_sums)[i * HEAD_TILES + d] = subgroupMatrixMultiplyAccumulate(weights[i], right, (*dk_sums)[i * HEAD_TILES + d]);
      }
    }
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      weights[i] = subgroupMatrixLoad<Left, row_major>(&t_units,
        strip + i * MATRIX * STRIP_STRIDE + n * M8 * SCORE_UNITS, STRIP_STRIDE);
    }
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      let right = subgroupMatrixLoad<Right, row_major>(&t_units,
        tile + TILE_UNITS + n * MATRIX * TILE_STRIDE + d * M8, TILE_STRIDE);
      for (var i = 0u; i < ROW_TILES; i++) { // @unroll
        (*dv_sums)[i * HEAD_TILES + d] = subgroupMatrixMultiplyAccumulate(weights[i], right, (*dv_sums)[i * HEAD_TILES + d]);
      }
    }
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) thread: u32) {
  let place = head_of(wg, grid, params.num_kv_heads);
  let h_key = place.head;
  let b = place.batch;
  let group = params.num_heads / params.num_kv_heads;
  if (!is_ours(b, h_key * group, group)) { return; }
  let subgroup = thread / SUBGROUP;
  let lane = thread % SUBGROUP;
  let has_row = ROW_LANES <= ROWS || lane < ROWS;
  let j_first = wg.y * SUBGROUPS * ROWS;
  let j_own = j_first + subgroup * ROWS;
  let j_last = min(j_own + ROWS, params.key_len) - 1u; // of the subgroup
  let offset = params.key_len - params.query_len;
  let strip = FIRST_STRIP + min(subgroup, SUBGROUPS - 1u) * (2u * STRIP_UNITS);
  let spot = Spot(strip, lane % ROW_LANES, lane / ROW_LANES, j_own);

  var p_k: array<Left, ROW_TILES * HEAD_TILES>;
  var p_v: array<Left, ROW_TILES * HEAD_TILES>;
  for (var part = 0u; part < PARTS; part++) { // @unroll
    for (var n = lane; n < ROWS * D8 / PARTS; n += SUBGROUP) {
      let d = n % (D8 / PARTS);
      let row = n / (D8 / PARTS);
      let o_key = unit_at(b, params.key_len, j_own + row, params.num_kv_heads, h_key, part * D8 / PARTS + d);
      t_units[strip + row * STRIP_STRIDE + d] = k[o_key];
      t_units[strip + STRIP_UNITS + row * STRIP_STRIDE + d] = v[o_key];
    }
    workgroupBarrier();
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      for (var d = 0u; d < PART_TILES; d++) { // @unroll
        p_k[i * HEAD_TILES + part * PART_TILES + d] =
          subgroupMatrixLoad<Left, row_major>(&t_units, strip + i * MATRIX * STRIP_STRIDE + d * M8, STRIP_STRIDE);
        p_v[i * HEAD_TILES + part * PART_TILES + d] =
          subgroupMatrixLoad<Left, row_major>(&t_units, strip + STRIP_UNITS + i * MATRIX * STRIP_STRIDE + d * M8, STRIP_STRIDE);
      }
    }
    workgroupBarrier();
  }

  var p_dk: array<Sum, ROW_TILES * HEAD_TILES>;
  var p_dv: array<Sum, ROW_TILES * HEAD_TILES>;
  for (var i = 0u; i < ROW_TILES; i++) { // @unroll
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      p_dk[i * HEAD_TILES + d] = Sum();
      p_dv[i * HEAD_TILES + d] = Sum();
    }
  }

  for (var h = h_key * group; h < (h_key + 1u) * group; h++) {
    let bh = b * params.num_heads + h;
    let o_row_stats = bh * params.query_len;
    let o_key_stats = place.batches * params.num_heads * params.query_len + bh * params.key_len;
    let first_entry = stats[o_key_stats + j_first];
    let origin = first_entry.x;
    let i_start = u32(first_entry.z) / COLUMNS * COLUMNS;
    // The row after the last one that may keep any of the subgroup's keys, 0 if none does.
    var own_end = 0u;
    for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
      let j = j_own + min(spot.row_lane + r * ROW_LANES, ROWS - 1u);
      let entry = stats[o_key_stats + min(j, params.key_len - 1u)];
      p_decay[r] = relative_decay(entry.xy, origin);
      p_sum[r] = 0.0;
      if (j < params.key_len && entry.w > entry.z) { own_end = max(own_end, u32(entry.w)); }
    }
    own_end = subgroupMax(own_end);
    if (lane == 0u) { t_ends[subgroup] = own_end; }
    let ends = workgroupUniformLoad(&t_ends);
    var i_end = 0u;
    for (var n = 0u; n < SUBGROUPS; n++) { // @unroll
      i_end = max(i_end, ends[n]);
    }
    let turns = (max(i_end, i_start) - i_start + COLUMNS - 1u) / COLUMNS;

    // Plain tiles begin at or after the workgroup's last key, and end where a row may drop its first.
    let wg_last = j_first + SUBGROUPS * ROWS - 1u;
    let first_plain = (max(wg_last, offset + i_start) - offset - i_start + COLUMNS - 1u) / COLUMNS;
    var plain_end = 0u;
    if (!HAS_STOP_RULE) { plain_end = (max(min(u32(first_entry.w), params.query_len), i_start) - i_start) / COLUMNS; }

    let query_units = units_of(b, params.query_len, params.num_heads, h, thread);
    var queries = load_queries(query_units, i_start);
    var douts = load_dout(query_units, i_start);
    store_tile(queries, douts, 0u, thread);
    if (thread < COLUMNS) {
      let i = i_start + thread;
      t_rows[thread] = row_of(stats[o_row_stats + min(i, params.query_len - 1u)], i, origin);
    }
    workgroupBarrier();

    var turn = 0u;
    while (turn < turns) {
      for (; turn >= first_plain && turn < plain_end; turn++) {
        let i_first = i_start + turn * COLUMNS;
        let next_i = i_first + COLUMNS + thread;
        var next_entry: vec4<i32>;
        if (thread < COLUMNS) { next_entry = stats[o_row_stats + min(next_i, params.query_len - 1u)]; }
        queries = load_queries(query_units, i_first + COLUMNS);
        douts = load_dout(query_units, i_first + COLUMNS);
        score(&p_k, &p_v, turn, thread);
        workgroupBarrier();
        if (has_row) { differentiate(spot, i_first + offset, false, true); }
        workgroupBarrier();
        add_rows(&p_dk, &p_dv, turn, thread);
        if (BUFFERS == 1u) { workgroupBarrier(); }
        store_tile(queries, douts, turn + 1u, thread);
        if (thread < COLUMNS) { t_rows[thread] = row_of(next_entry, next_i, origin); }
        workgroupBarrier();
      }
      if (turn == turns) { break; }

      let i_first = i_start + turn * COLUMNS;
      let position = i_first + offset; // of the tile's first row
      let is_active = j_own <= position + COLUMNS - 1u && i_first < own_end;
      let next_i = i_first + COLUMNS + thread;
      var next_entry: vec4<i32>;
      if (thread < COLUMNS) { next_entry = stats[o_row_stats + min(next_i, params.query_len - 1u)]; }
      queries = load_queries(query_units, i_first + COLUMNS);
      douts = load_dout(query_units, i_first + COLUMNS);
      if (is_active) { score(&p_k, &p_v, turn, thread); }
      workgroupBarrier();
      if (is_active && has_row) { differentiate(spot, position, j_last > position, false); }
      workgroupBarrier();
      if (is_active) { add_rows(&p_dk, &p_dv, turn, thread); }
      if (BUFFERS == 1u) { workgroupBarrier(); }
      store_tile(queries, douts, turn + 1u, thread);
      if (thread < COLUMNS) { t_rows[thread] = row_of(next_entry, next_i, origin); }
      workgroupBarrier();
      turn++;
    }

    for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
      let row = spot.row_lane + r * ROW_LANES;
      let sum = sum_of_row(p_sum[r]) * exp2(-WEIGHT_BITS);
      if (spot.column_lane == 0u && row < ROWS && j_own + row < params.key_len) {
        dlog_lambda[bh * params.key_len + j_own + row] = -sum;
      }
    }
  }

  for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      subgroupMatrixStore<row_major>(&t_units, strip + i * MATRIX * OUT_STRIDE, p_dk[i * HEAD_TILES + d], OUT_STRIDE);
    }
    workgroupBarrier();
    for (var n = lane; n < ROWS * M8; n += SUBGROUP) {
      let j = j_own + n / M8;
      let at = strip + n / M8 * OUT_STRIDE + n % M8 * 2u;
      if (j < params.key_len) {
        dk[unit_at(b, params.key_len, j, params.num_kv_heads, h_key, d * M8 + n % M8)] =
          pack_result(at, params.sm_scale * exp2(-WEIGHT_BITS));
      }
    }
    workgroupBarrier();
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      subgroupMatrixStore<row_major>(&t_units, strip + i * MATRIX * OUT_STRIDE, p_dv[i * HEAD_TILES + d], OUT_STRIDE);
    }
    workgroupBarrier();
    for (var n = lane; n < ROWS * M8; n += SUBGROUP) {
      let j = j_own + n / M8;
      let at = strip + n / M8 * OUT_STRIDE + n % M8 * 2u;
      if (j < params.key_len) {
        dv[unit_at(b, params.key_len, j, params.num_kv_heads, h_key, d * M8 + n % M8)] = pack_result(at, exp2(-WEIGHT_BITS));
      }
    }
    workgroupBarrier();
  }
}
