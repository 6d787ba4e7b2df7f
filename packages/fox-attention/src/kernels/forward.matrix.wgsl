// forward (matrix): o = softmax(q k^T * sm_scale + D) v, causal, on subgroup matrices. [FoX v2, forgetting attention]
// grid         see lib/place.wgsl; the last rows first, as they have the most keys: a workgroup owns SUBGROUPS × ROWS query rows and
//              goes from the diagonal to the left, COLUMNS keys a step; keys and values take turns in one tile
// q, out       [B, M, H, D] f16    k, v [B, N, Hkv, D] f16    log_lambda [B, H, N] two-part, see log-lambda.wgsl
// limits, visibility  where a row's keys begin, see lib/row-limits.wgsl
// logit_bound  [B, H] f32: no |sm_scale q k| exceeds it. Heads within MAX_BOUND belong to the launch with scores in f16, the others to
//              the one with scores in f32
// row_stats    [B, H, M] (bits of lse in natural log, first kept key); a row that keeps nothing: NEG_LARGE, its position + 1
// cost         4 * D flops per (query, key) pair of the tiles computed
//
// A weight is exp2(logit - pivot). The pivot is set where a row meets its first keys, a little below their largest logit, and stays:
// weights of later keys may grow by 2^11 before f16 has no room for them. Only then the tile is done again with higher pivots.
// Between the diagonal and the left end lie plain tiles, which all rows keep whole. Where logit_bound allows pivots that no later weight
// can outgrow, they go through a loop of their own, which asks nothing.

// @spec
const HEAD_DIM: u32 = 64u;
const MATRIX: u32 = 16u;
const SUBGROUP: u32 = 32u;
const SUBGROUPS: u32 = 4u;
const ROWS: u32 = 32u;
const COLUMNS: u32 = 32u;
const HALF_SCORES: bool = true;
alias Score = f16;
const TILE_UNITS: u32 = 288u;
const GROUPS: u32 = 1u;
const LANES_PER_ROW: u32 = 4u;
const ROW_SHUFFLES: u32 = 2u;   // log2 of the lanes of a row
const ROW_TURNS: u32 = 4u;      // rows of a lane
const COLUMN_TURNS: u32 = 1u;
const ROW_TILES: u32 = 2u;      // matrices
const COLUMN_TILES: u32 = 2u;
const HEAD_TILES: u32 = 4u;
const LOADS: u32 = 2u;          // units of a tile that a thread moves
const PARTS: u32 = 2u;          // of a row of q, as wide as a strip
const PART_TILES: u32 = 2u;
const HAS_GATE: bool = true;
const HAS_VISIBILITY: bool = false;
const HAS_RANGES: bool = false;
const HAS_STOP_RULE: bool = false;
const HAS_LOGIT_BOUND: bool = false;
// @end-spec

struct Params {
  num_heads: u32, num_kv_heads: u32, query_len: u32, key_len: u32,
  block_m: u32, block_n: u32, sm_scale: f32, log_tolerance: f32, max_bound: f32,
}

@group(0) @binding(0) var<storage, read_write> q: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> k: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> v: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> limits: array<i32>;
@group(0) @binding(5) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(6) var<storage, read> logit_bound: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read_write> row_stats: array<vec2<i32>>;
@group(0) @binding(9) var<uniform> params: Params;

// Scores in f16 are off by half a unit in the last place after each matrix; see lib/row-limits.wgsl.
const ROUNDING: f32 = select(1e-5, f32(HEAD_TILES) / 2048.0, HALF_SCORES);
// The largest weight of a row's first keys is 2^FIRST_WEIGHT.
const FIRST_WEIGHT: f32 = 4.0;
// No sum of 8 weights may be more, so that f16 holds them.
const MAX_WEIGHTS: f32 = 32768.0;
// A weight of 2^MAX_WEIGHT is one that f16 holds.
const MAX_WEIGHT: f32 = 15.0;
// Rows that stop together, and keys between two places where they may: those of the tiled kernel, so that both keep the same pairs.
const STOP_ROWS: u32 = 32u;
const STOP_STEP: u32 = 32u;
const STOP_SUBGROUPS: u32 = max(STOP_ROWS / ROWS, 1u);

// Pivots may lie this far above the largest logit of a row's first keys, so that no later weight is too large: 2^-8 is clear of f16's
// smallest numbers.
const MAX_ABOVE: f32 = 8.0;

// What a subgroup wants after a tile.
const GO_ON: u32 = 0u;
const AGAIN: u32 = 1u; // weights are too large: the same tile with higher pivots
const DONE: u32 = 2u;  // its rows keep no key to the left
const SAFE: u32 = 3u;  // to go on, and no weight to come can be too large

var<workgroup> t_units: array<vec4<u32>, TILE_UNITS + SUBGROUPS * STRIP_UNITS>;
var<workgroup> t_decay: array<f32, COLUMNS>; // of the tile's keys, relative to the workgroup's first row
var<workgroup> t_factors: array<f32, SUBGROUPS * ROWS>;
var<workgroup> t_wishes: array<vec2<u32>, SUBGROUPS>; // and where the subgroup may stop next
// For each subgroup: where its plain tiles end, none of them begins left of it; the first place where it may stop.
var<workgroup> t_ends: array<vec2<u32>, SUBGROUPS>;

// The rows of a lane: row_lane + ROW_LANES * r of its subgroup.
var<private> p_bias: array<f32, ROW_TURNS>;    // decay of the row, relative as t_decay
var<private> p_pivot: array<f32, ROW_TURNS>;
var<private> p_sum: array<f32, ROW_TURNS>;     // of the weights on this lane's columns
var<private> p_tile_sum: array<f32, ROW_TURNS>; // the same of the present tile
var<private> p_first: array<u32, ROW_TURNS>;   // first key that the row may keep
var<private> p_norm: array<f32, ROW_TURNS>;    // s |q|

// Where a lane works: its strip's first unit, row and column, the first row's position among the keys.
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

fn load_decay(o_lambda: u32, j_first: u32, thread: u32) -> vec2<i32> {
  if (thread >= COLUMNS) { return vec2<i32>(); }
  return load_lambda(o_lambda + min(j_first + thread, params.key_len - 1u));
}

fn store_decay(lambda: vec2<i32>, origin: i32, thread: u32) {
  if (HAS_GATE && thread < COLUMNS) { t_decay[thread] = relative_decay(lambda, origin); }
}

// Decay of 8 neighbouring keys
fn decay_at(chunk: u32) -> Eight {
  if (!HAS_GATE) { return Eight(); }
  let j = chunk * 8u;
  return Eight(
    vec4f(t_decay[j], t_decay[j + 1u], t_decay[j + 2u], t_decay[j + 3u]),
    vec4f(t_decay[j + 4u], t_decay[j + 5u], t_decay[j + 6u], t_decay[j + 7u]));
}

// Logits less `shift` of 8 neighbouring keys, in units of log2.
fn logits_of(scores: Eight, shift: f32, decay: Eight) -> Eight {
  let scale = params.sm_scale * LOG2E;
  if (!HAS_GATE) { return Eight(scores.low * scale + shift, scores.high * scale + shift); }
  return Eight(scores.low * scale + (shift - decay.low), scores.high * scale + (shift - decay.high));
}

// The first 8 columns that a lane has in a turn, in units of 8.
fn chunk_of(spot: Spot, turn: u32) -> u32 { return (spot.column_lane + turn * LANES_PER_ROW) * GROUPS; }

// Sets the pivots of rows that have none yet, at `safe_pivot` if that is not too high; if `again`, also raises those that lie too low.
// t_factors: what the rows' outputs must be multiplied by
fn raise_pivots(spot: Spot, j_first: u32, again: bool, o_factors: u32, safe_pivot: f32) {
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    let row = spot.row_lane + r * ROW_LANES;
    var largest_logit = NEG_LARGE;
    for (var c = 0u; c < COLUMN_TURNS; c++) { // @unroll
      for (var g = 0u; g < GROUPS; g++) { // @unroll
        let chunk = chunk_of(spot, c);
        let scores = load_scores(spot.strip + row * STRIP_STRIDE + (chunk + g) * SCORE_UNITS);
        let all = logits_of(scores, p_bias[r], decay_at(chunk + g));
        let logits = keep(all, NEG_LARGE, j_first + (chunk + g) * 8u, p_first[r], spot.position + row);
        largest_logit = max(largest_logit, largest(max(logits.low, logits.high)));
      }
    }
    largest_logit = largest_of_row(largest_logit);
    let is_new = p_pivot[r] <= NEG_LARGE;
    let m_raise = largest_logit > NEG_LARGE && (is_new || (again && largest_logit - FIRST_WEIGHT > p_pivot[r]));
    let low_pivot = largest_logit - FIRST_WEIGHT;
    let new_pivot = select(low_pivot, max(low_pivot, safe_pivot), is_new && safe_pivot <= largest_logit + MAX_ABOVE);
    let pivot = select(p_pivot[r], new_pivot, m_raise);
    let factor = select(1.0, exp2(p_pivot[r] - pivot), m_raise && !is_new);
    p_sum[r] *= factor;
    p_pivot[r] = pivot;
    if (spot.column_lane == 0u) { t_factors[o_factors + row] = factor; }
  }
}

// Turns the scores of a strip into weights in place. The largest sum of 8 weights.
fn soften(spot: Spot, j_first: u32, is_masked: bool) -> f32 {
  var largest_sum = 0.0;
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    p_tile_sum[r] = 0.0;
  }
  for (var c = 0u; c < COLUMN_TURNS; c++) { // @unroll
    let chunk = chunk_of(spot, c);
    for (var g = 0u; g < GROUPS; g++) { // @unroll
      let decay = decay_at(chunk + g);
      for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
        let row = spot.row_lane + r * ROW_LANES;
        let at = spot.strip + row * STRIP_STRIDE + chunk * SCORE_UNITS;
        let logits = logits_of(load_scores(at + g * SCORE_UNITS), p_bias[r] - p_pivot[r], decay);
        var weights = Eight(exp2(logits.low), exp2(logits.high));
        if (is_masked) { weights = keep(weights, 0.0, j_first + (chunk + g) * 8u, p_first[r], spot.position + row); }
        let sum = sum_of(weights);
        largest_sum = max(largest_sum, sum);
        p_tile_sum[r] += sum;
        t_units[at + g] = pack_half(weights);
      }
    }
  }
  return largest_sum;
}

// Whether no weight of the lane's rows can be too large.
fn has_safe_pivots(safe_pivot: f32) -> bool {
  var is_safe = true;
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    is_safe = is_safe && p_pivot[r] >= safe_pivot;
  }
  return is_safe;
}

// s |q| of the lane's rows
fn scaled_norms(b: u32, h: u32, i_first: u32, spot: Spot) {
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    var squares = 0.0;
    for (var d = spot.column_lane; d < D8; d += LANES_PER_ROW) {
      let row = i_first + spot.row_lane + r * ROW_LANES;
      let x = unpack_half(q[unit_at(b, params.query_len, row, params.num_heads, h, d)]);
      squares += dot(x.low, x.low) + dot(x.high, x.high);
    }
    p_norm[r] = sqrt(sum_of_row(squares)) * abs(params.sm_scale);
  }
}

// Row - key in nats, for one row and one key.
fn decay_of(row: vec2<i32>, key: vec2<i32>) -> f32 {
  return f32(row.x - key.x) * 0.0625 + (bitcast<f32>(row.y) - bitcast<f32>(key.y));
}

// Largest |k| of the keys up to the end of the step that a row stands in
fn max_norm_of_seen(bh: u32, position: u32) -> f32 {
  let step = max(STOP_STEP, params.block_n);
  let end_of_blocks = (params.key_len + params.block_n - 1u) / params.block_n * params.block_n;
  return bound_before(bh, min((position / step + 1u) * step, end_of_blocks)).y;
}

// The next place on the way to the left, from j_last on, where a row may drop what is left of it, 0 if there is none: the row does not
// stop before its largest possible lse, plus log eps, is `level`. Once it is, it stays so to the left. position, norm: of the row;
// a smaller norm finds an earlier place
fn next_stop(bh: u32, position: u32, norm: f32, level: f32, j_last: u32, lane: u32) -> u32 {
  let step = max(STOP_STEP, params.block_n);
  let row = load_lambda(bh * params.key_len + position);
  var low = 0u;                     // in steps: a stop, or the beginning
  var high = j_last / step + 1u;    // no stop
  while (high - low > 1u) {
    let at = low + (high - low) * (lane + 1u) / (SUBGROUP + 1u);
    let j = max(at, 1u) * step;
    let bound = bound_before(bh, j);
    let decay = decay_of(row, load_lambda(bh * params.key_len + j - 1u));
    let m_stop = norm * bound.y + decay + bound.x <= level + ROUNDING * (1.0 + abs(level));
    let above = subgroupMin(select(high, at, !m_stop && at > low));
    low = subgroupMax(select(low, at, m_stop));
    high = max(above, low + 1u);
  }
  return low * step;
}

// What a stop before key j depends on: bound_before(j), lambda of key j - 1.
struct Stop { bound: vec2f, lambda: vec2<i32> }

fn load_stop(bh: u32, j: u32) -> Stop {
  return Stop(bound_before(bh, j), load_lambda(bh * params.key_len + j - 1u));
}

// Whether all rows of the lane may drop the keys before j. Rows past the end, rows that keep nothing from there on, or nothing at
// all, do not hold the others back. i_first: first row of the subgroup
fn may_drop_rows(spot: Spot, i_first: u32, j: u32, stop: Stop, origin: i32, max_norm: f32) -> bool {
  let key = relative_decay(stop.lambda, origin);
  var may = true;
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    let row = spot.row_lane + r * ROW_LANES;
    let decay = (p_bias[r] - key) * LN2;
    let sum = sum_of_row(p_sum[r] + p_tile_sum[r]);
    let m_drop = may_drop(vec4f(p_norm[r]), vec4f(decay), stop.bound, max_norm, vec4f(p_pivot[r]), vec4f(sum)).x;
    let m_idle = p_first[r] >= j || p_first[r] > spot.position + row || i_first + row >= params.query_len;
    may = may && (m_drop || m_idle);
  }
  return may;
}

// Of the rows that do not let the others stop before j, the least level (log eps and the largest lse that the row may still reach), as
// one of the subgroup's first row. Above all bounds where every row lets them.
fn smallest_level(spot: Spot, i_first: u32, j: u32, stop: Stop, origin: i32, first_bias: f32) -> f32 {
  let key = relative_decay(stop.lambda, origin);
  var smallest = -NEG_LARGE;
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    let row = spot.row_lane + r * ROW_LANES;
    let sum = sum_of_row(p_sum[r] + p_tile_sum[r]);
    let lse = select(NEG_LARGE, (p_pivot[r] + log2(sum)) * LN2, sum > 0.0);
    let rest = p_norm[r] * stop.bound.y + (p_bias[r] - key) * LN2 + stop.bound.x;
    let level = params.log_tolerance + max(lse, rest) + log(1.0 + exp(-abs(lse - rest)));
    let m_idle = p_first[r] >= j || p_first[r] > spot.position + row || i_first + row >= params.query_len;
    smallest = min(smallest, select(level - (p_bias[r] - first_bias) * LN2, -NEG_LARGE, m_idle));
  }
  return subgroupMin(smallest);
}

// Whether subgroups may stop after the tile that begins at j.
fn is_stop(j: u32) -> bool { return HAS_STOP_RULE && j > 0u && j % max(STOP_STEP, params.block_n) == 0u; }

// Scores of the subgroup's rows and the keys of the tile, into its strip. The compiler follows the range of a plain number within a
// function: matrices at an offset that it does not know to lie in t_units load slowly.
fn score(queries: ptr<function, array<Left, ROW_TILES * HEAD_TILES>>, thread: u32) {
  let strip = TILE_UNITS + min(thread / SUBGROUP, SUBGROUPS - 1u) * STRIP_UNITS;
  var scores: array<ScoreSum, ROW_TILES>;
  for (var n = 0u; n < COLUMN_TILES; n++) { // @unroll
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      scores[i] = ScoreSum();
    }
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      let right = subgroupMatrixLoad<Right, col_major>(&t_units, n * MATRIX * TILE_STRIDE + d * M8, TILE_STRIDE);
      for (var i = 0u; i < ROW_TILES; i++) { // @unroll
        scores[i] = subgroupMatrixMultiplyAccumulate((*queries)[i * HEAD_TILES + d], right, scores[i]);
      }
    }
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      subgroupMatrixStore<row_major>(&t_units,
        strip + i * MATRIX * STRIP_STRIDE + n * M8 * SCORE_UNITS, scores[i], STRIP_STRIDE);
    }
  }
}

// Adds the values of the tile, times the weights in the subgroup's strip.
fn add_values(sums: ptr<function, array<Sum, ROW_TILES * HEAD_TILES>>, thread: u32) {
  let strip = TILE_UNITS + min(thread / SUBGROUP, SUBGROUPS - 1u) * STRIP_UNITS;
  var weights: array<Left, ROW_TILES>;
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    p_sum[r] += p_tile_sum[r];
  }
  for (var n = 0u; n < COLUMN_TILES; n++) { // @unroll
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      weights[i] = subgroupMatrixLoad<Left, row_major>(&t_units,
        strip + i * MATRIX * STRIP_STRIDE + n * M8 * SCORE_UNITS, STRIP_STRIDE);
    }
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      let right = subgroupMatrixLoad<Right, row_major>(&t_units, n * MATRIX * TILE_STRIDE + d * M8, TILE_STRIDE);
      for (var i = 0u; i < ROW_TILES; i++) { // @unroll
        (*sums)[i * HEAD_TILES + d] = subgroupMatrixMultiplyAccumulate(weights[i], right, (*sums)[i * HEAD_TILES + d]);
      }
    }
  }
}

// Multiplies rows of outputs by t_factors. They go through the tile, a matrix of each subgroup at a time.
fn rescale(sums: ptr<function, array<Sum, ROW_TILES * HEAD_TILES>>, thread: u32, is_active: bool) {
  let subgroup = min(thread / SUBGROUP, SUBGROUPS - 1u);
  let scratch = subgroup * (MATRIX * MATRIX / 4u);
  for (var i = 0u; i < ROW_TILES; i++) { // @unroll
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      workgroupBarrier();
      subgroupMatrixStore<row_major>(&t_units, scratch, (*sums)[i * HEAD_TILES + d], MATRIX / 4u);
      workgroupBarrier();
      for (var at = thread % SUBGROUP; is_active && at < MATRIX * MATRIX / 4u; at += SUBGROUP) {
        let factor = t_factors[subgroup * ROWS + i * MATRIX + at / (MATRIX / 4u)];
        t_units[scratch + at] = bitcast<vec4<u32>>(bitcast<vec4f>(t_units[scratch + at]) * factor);
      }
      workgroupBarrier();
      (*sums)[i * HEAD_TILES + d] = subgroupMatrixLoad<Sum, row_major>(&t_units, scratch, MATRIX / 4u);
    }
  }
  workgroupBarrier();
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
  let i_first = (grid.y - 1u - wg.y) * SUBGROUPS * ROWS;
  let offset = params.key_len - params.query_len;
  let o_lambda = bh * params.key_len;
  let origin = load_lambda(o_lambda + i_first + offset).x;

  let i_own = i_first + subgroup * ROWS;
  let strip = TILE_UNITS + min(thread / SUBGROUP, SUBGROUPS - 1u) * STRIP_UNITS;
  let spot = Spot(strip, lane % ROW_LANES, lane / ROW_LANES, i_own + offset);
  let o_factors = subgroup * ROWS;
  var smallest_first = params.key_len;
  var largest_first = 0u;
  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    let i = min(i_own + spot.row_lane + r * ROW_LANES, params.query_len - 1u);
    p_pivot[r] = NEG_LARGE;
    p_sum[r] = 0.0;
    p_bias[r] = relative_decay(load_lambda(o_lambda + i + offset), origin);
    p_first[r] = first_key(i, h, b);
    largest_first = max(largest_first, p_first[r]);
    if (p_first[r] <= i + offset) { smallest_first = min(smallest_first, p_first[r]); }
  }
  smallest_first = subgroupMin(smallest_first); // key_len if no row keeps a key
  largest_first = subgroupMax(largest_first);
  if (HAS_STOP_RULE) { scaled_norms(b, h, i_own, spot); }

  // Rows of q come through the strips, a part of the head dim at a time, as rows past the end need a clamp.
  var p_q: array<Left, ROW_TILES * HEAD_TILES>;
  for (var part = 0u; part < PARTS; part++) { // @unroll
    for (var n = lane; n < ROWS * D8 / PARTS; n += SUBGROUP) {
      let d = n % (D8 / PARTS);
      let row = n / (D8 / PARTS);
      t_units[strip + row * STRIP_STRIDE + d] =
        q[unit_at(b, params.query_len, i_own + row, params.num_heads, h, part * D8 / PARTS + d)];
    }
    workgroupBarrier();
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      for (var d = 0u; d < PART_TILES; d++) { // @unroll
        p_q[i * HEAD_TILES + part * PART_TILES + d] =
          subgroupMatrixLoad<Left, row_major>(&t_units, strip + i * MATRIX * STRIP_STRIDE + d * M8, STRIP_STRIDE);
      }
    }
    workgroupBarrier();
  }

  var p_out: array<Sum, ROW_TILES * HEAD_TILES>;
  for (var i = 0u; i < ROW_TILES; i++) { // @unroll
    for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
      p_out[i * HEAD_TILES + d] = Sum();
    }
  }
  let last = min(i_own + ROWS, params.query_len) - 1u + offset; // position of the subgroup's last row
  let last_of_tile = min(i_first + SUBGROUPS * ROWS, params.query_len) - 1u + offset;
  var is_stopped = i_own >= params.query_len;
  // Plain tiles begin right of all rows' first keys; the last tile is not one of them, nor is one after which a subgroup may stop.
  let own_plain_end = max(largest_first, smallest_first / COLUMNS * COLUMNS + 1u);
  let first_bias = subgroupBroadcast(p_bias[0], 0u);
  var max_norm = 0.0;
  var smallest_norm = -NEG_LARGE; // s |q|
  var own_stop = 0u;
  if (HAS_STOP_RULE && !is_stopped) {
    max_norm = max_norm_of_seen(bh, last);
    for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
      smallest_norm = min(smallest_norm, p_norm[r]);
    }
    smallest_norm = subgroupMin(smallest_norm);
    let level = params.log_tolerance + subgroupBroadcast(p_norm[0], 0u) * max_norm + log(f32(spot.position + 1u));
    own_stop = next_stop(bh, spot.position, smallest_norm, level, spot.position, lane);
  }
  if (lane == 0u) { t_ends[subgroup] = select(vec2<u32>(own_plain_end, own_stop), vec2<u32>(), is_stopped); }
  let ends = workgroupUniformLoad(&t_ends);
  var plain_end = 0u;
  var stop_of_all = 0u;
  for (var n = 0u; n < SUBGROUPS; n++) { // @unroll
    plain_end = max(plain_end, ends[n].x);
    stop_of_all = max(stop_of_all, ends[n].y);
  }
  // No weight is too large where pivots are at least this.
  var safe_pivot = -NEG_LARGE;
  if (HAS_LOGIT_BOUND) { safe_pivot = logit_bound[bh] * LOG2E - MAX_WEIGHT; }

  var stop = 0u;
  var again = false;
  var is_plain = false;
  var j_first = last_of_tile / COLUMNS * COLUMNS;
  let key_units = units_of(b, params.key_len, params.num_kv_heads, h_key, thread);
  var keys = load_keys(key_units, j_first);
  var values = load_values(key_units, j_first);
  var decay = load_decay(o_lambda, j_first, thread);

  loop {
    if (is_plain) {
      for (; j_first >= plain_end && !(is_stop(j_first) && j_first <= stop_of_all); j_first -= COLUMNS) {
        store_units(keys, 0u, thread);
        store_decay(decay, origin, thread);
        workgroupBarrier();
        score(&p_q, thread);
        workgroupBarrier();
        store_units(values, 0u, thread);
        keys = load_keys(key_units, j_first - COLUMNS);
        values = load_values(key_units, j_first - COLUMNS);
        decay = load_decay(o_lambda, j_first - COLUMNS, thread);
        soften(spot, j_first, false);
        workgroupBarrier();
        add_values(&p_out, thread);
        workgroupBarrier();
      }
    }

    let is_active = !is_stopped && j_first <= last && j_first + COLUMNS > smallest_first;
    let m_vote = is_active && is_stop(j_first) && j_first <= own_stop;
    var here: Stop;
    if (m_vote) { here = load_stop(bh, j_first); }
    store_units(keys, 0u, thread);
    store_decay(decay, origin, thread);
    workgroupBarrier();
    if (is_active) { score(&p_q, thread); }
    workgroupBarrier();

    let is_diagonal = j_first + COLUMNS > spot.position;
    if (is_active && (again || is_diagonal)) { raise_pivots(spot, j_first, again, o_factors, safe_pivot); }
    if (again) { rescale(&p_out, thread, is_active); }
    store_units(values, 0u, thread);

    var wish = select(GO_ON, DONE, is_stopped || j_first <= smallest_first);
    var upcoming = own_stop;
    if (is_active) {
      let largest_sum = soften(spot, j_first, is_diagonal || j_first < largest_first);
      if (m_vote && wish == GO_ON) {
        if (subgroupAll(may_drop_rows(spot, i_own, j_first, here, origin, max_norm))) {
          wish = DONE;
        } else {
          let level = smallest_level(spot, i_own, j_first, here, origin, first_bias);
          upcoming = next_stop(bh, spot.position, smallest_norm, level, j_first - 1u, lane);
        }
      }
      if (wish == GO_ON && subgroupAll(has_safe_pivots(safe_pivot))) { wish = SAFE; }
      // Once at most: logits that are not finite stay so.
      if (subgroupAny(largest_sum > MAX_WEIGHTS) && !again) { wish = AGAIN; }
    }
    if (lane == 0u) { t_wishes[subgroup] = vec2<u32>(wish, upcoming); }
    let wishes = workgroupUniformLoad(&t_wishes);
    again = false;
    is_plain = HAS_LOGIT_BOUND && j_first <= i_first + offset;
    var all_done = true;
    stop_of_all = 0u;
    for (var n = 0u; n < SUBGROUPS; n++) { // @unroll
      again = again || wishes[n].x == AGAIN;
      is_plain = is_plain && (wishes[n].x == SAFE || i_first + n * ROWS >= params.query_len);
      all_done = all_done && wishes[n].x == DONE;
      stop_of_all = max(stop_of_all, select(wishes[n].y, 0u, wishes[n].x == DONE));
    }
    let j_next = select(max(j_first, COLUMNS) - COLUMNS, j_first, again);
    keys = load_keys(key_units, j_next);
    values = load_values(key_units, j_next);
    decay = load_decay(o_lambda, j_next, thread);
    if (again) { continue; }
    own_stop = upcoming;

    if (is_active) { add_values(&p_out, thread); }
    if (!is_stopped) {
      var group_done = true;
      for (var n = 0u; n < SUBGROUPS; n++) { // @unroll
        group_done = group_done && (n / STOP_SUBGROUPS != subgroup / STOP_SUBGROUPS || wishes[n].x == DONE);
      }
      is_stopped = group_done;
      stop = select(0u, j_first, group_done);
    }
    workgroupBarrier();
    if (all_done) { break; }
    j_first -= COLUMNS;
  }

  for (var r = 0u; r < ROW_TURNS; r++) { // @unroll
    let row = spot.row_lane + r * ROW_LANES;
    let i = i_own + row;
    let sum = sum_of_row(p_sum[r]);
    if (spot.column_lane == 0u) {
      t_factors[o_factors + row] = select(0.0, 1.0 / sum, sum > 0.0);
      if (i < params.query_len) {
        let lse = select(NEG_LARGE, p_pivot[r] * LN2 + log(sum), sum > 0.0);
        let first = min(max(p_first[r], stop), i + offset + 1u);
        row_stats[bh * params.query_len + i] = vec2<i32>(bitcast<i32>(lse), i32(first));
      }
    }
  }
  for (var d = 0u; d < HEAD_TILES; d++) { // @unroll
    for (var i = 0u; i < ROW_TILES; i++) { // @unroll
      subgroupMatrixStore<row_major>(&t_units, strip + i * MATRIX * OUT_STRIDE, p_out[i * HEAD_TILES + d], OUT_STRIDE);
    }
    workgroupBarrier();
    for (var n = lane; n < ROWS * M8; n += SUBGROUP) {
      let row = n / M8;
      let at = strip + row * OUT_STRIDE + n % M8 * 2u;
      let factor = t_factors[o_factors + row];
      if (i_own + row < params.query_len) {
        out[unit_at(b, params.query_len, i_own + row, params.num_heads, h, d * M8 + n % M8)] = pack_result(at, factor);
      }
    }
    workgroupBarrier();
  }
}
