// matrix: what the kernels on subgroup matrices share. [FlashAttention]
// A subgroup owns ROWS rows of scores (queries, or keys for dK/dV) and goes over tiles of COLUMNS tokens of the other side.
// Workgroup memory is one array of units of 16 bytes, 8 halves or 4 floats: matrices of both types lie in it, and threads move
// whole units. First the tile, rows of D halves; then a strip for each subgroup, its scores, which become weights in place.
// Rows are an odd number of units apart, so that the rows of a matrix lie in different banks.
// A kernel's spec: HEAD_DIM, MATRIX (rows and columns of a matrix), SUBGROUP (threads), SUBGROUPS, ROWS, COLUMNS, HALF_SCORES
// (f16, else f32: alias Score), and numbers of turns of unrolled loops.

enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
// Branches are uniform within a subgroup, which the compiler cannot see.
diagnostic(off, chromium.subgroup_matrix_uniformity);
diagnostic(off, subgroup_uniformity);

alias Left = subgroup_matrix_left<f16, MATRIX, MATRIX>;
alias Right = subgroup_matrix_right<f16, MATRIX, MATRIX>;
alias Sum = subgroup_matrix_result<f32, MATRIX, MATRIX>;
alias ScoreSum = subgroup_matrix_result<Score, MATRIX, MATRIX>;

const THREADS: u32 = SUBGROUP * SUBGROUPS;
const D8: u32 = HEAD_DIM / 8u;                  // units of a token
const M8: u32 = MATRIX / 8u;                    // units of a row of an f16 matrix
const TILE_STRIDE: u32 = D8 + 1u;
const SCORE_UNITS: u32 = select(2u, 1u, HALF_SCORES); // of 8 scores
const STRIP_STRIDE: u32 = COLUMNS / 8u * SCORE_UNITS + 1u;
const STRIP_UNITS: u32 = ROWS * STRIP_STRIDE;
const OUT_STRIDE: u32 = MATRIX / 4u + 1u;       // of a row of f32 results on their way out
// Lanes take ROW_LANES rows at a time and GROUPS × 8 columns each.
const ROW_LANES: u32 = SUBGROUP / LANES_PER_ROW;
// Backward: weights are at most 1 and often 1 / 10,000; as f16 they are 2^WEIGHT_BITS times larger, clear of its smallest numbers.
const WEIGHT_BITS: f32 = 6.0;

// 8 neighbouring values of a row.
struct Eight { low: vec4f, high: vec4f }

fn unpack_half(unit: vec4<u32>) -> Eight {
  return Eight(
    vec4f(unpack2x16float(unit.x), unpack2x16float(unit.y)),
    vec4f(unpack2x16float(unit.z), unpack2x16float(unit.w)));
}

fn pack_half(x: Eight) -> vec4<u32> {
  return vec4<u32>(
    bitcast<u32>(vec2<f16>(x.low.xy)), bitcast<u32>(vec2<f16>(x.low.zw)),
    bitcast<u32>(vec2<f16>(x.high.xy)), bitcast<u32>(vec2<f16>(x.high.zw)));
}

fn sum_of(x: Eight) -> f32 { return dot(x.low, vec4f(1.0)) + dot(x.high, vec4f(1.0)); }

// 8 scores of a strip
fn load_scores(at: u32) -> Eight {
  if (HALF_SCORES) { return unpack_half(t_units[at]); }
  return Eight(bitcast<vec4f>(t_units[at]), bitcast<vec4f>(t_units[at + 1u]));
}

// 8 results of a matrix that were stored at unit `at`, times a factor
fn pack_result(at: u32, factor: f32) -> vec4<u32> {
  return pack_half(Eight(bitcast<vec4f>(t_units[at]) * factor, bitcast<vec4f>(t_units[at + 1u]) * factor));
}

// x where the row keeps the key, `other` elsewhere. j: first of the 8 keys
fn keep(x: Eight, other: f32, j: u32, first: u32, last: u32) -> Eight {
  let low = vec4u(j) + vec4u(0u, 1u, 2u, 3u);
  let high = low + 4u;
  return Eight(
    select(vec4f(other), x.low, (low >= vec4u(first)) & (low <= vec4u(last))),
    select(vec4f(other), x.high, (high >= vec4u(first)) & (high <= vec4u(last))));
}

// Puts what the threads have loaded of a tile at unit `o_tile`.
fn store_units(units: array<vec4<u32>, LOADS>, o_tile: u32, thread: u32) {
  for (var n = 0u; n < LOADS; n++) { // @unroll
    let at = thread + n * THREADS;
    if (COLUMNS * D8 % THREADS == 0u || at < COLUMNS * D8) {
      t_units[o_tile + at / D8 * TILE_STRIDE + at % D8] = units[n];
    }
  }
}

// Where unit `d` of token `t` of [B, length, heads, D] lies; tokens past the end repeat the last one.
fn unit_at(b: u32, length: u32, t: u32, heads: u32, h: u32, d: u32) -> u32 {
  return ((b * length + min(t, length - 1u)) * heads + h) * D8 + d;
}

// The units of [B, length, heads, D] that one thread loads of each tile: of every THREADS / D8-th token from `first` on.
struct Units { first: u32, stride: u32, last: u32 } // last: of the last token; stride: from token to token

fn units_of(b: u32, length: u32, heads: u32, h: u32, thread: u32) -> Units {
  let o_head = (b * length * heads + h) * D8 + thread % D8;
  let stride = heads * D8;
  return Units(o_head + thread / D8 * stride, stride, o_head + (length - 1u) * stride);
}

// The n-th unit of the tile that begins at a token; tokens past the end repeat the last one.
fn unit_of_tile(units: Units, token: u32, n: u32) -> u32 {
  return min(units.first + (token + n * (THREADS / D8)) * units.stride, units.last);
}

// Two-part number in units of log2, relative to `origin` sixteenths of a nat. Between tokens that remember each other the
// difference of two such values is off by no more than 2^-24 of what the origin's tile forgets within itself.
fn relative_decay(two_part: vec2<i32>, origin: i32) -> f32 {
  return (f32(two_part.x - origin) * 0.0625 + bitcast<f32>(two_part.y)) * LOG2E;
}

// A number of the lanes of a row, summed in each of them.
fn sum_of_row(share: f32) -> f32 {
  var sum = share;
  for (var turn = 0u; turn < ROW_SHUFFLES; turn++) { // @unroll
    sum += subgroupShuffleXor(sum, ROW_LANES << turn);
  }
  return sum;
}

fn largest_of_row(share: f32) -> f32 {
  var best = share;
  for (var turn = 0u; turn < ROW_SHUFFLES; turn++) { // @unroll
    best = max(best, subgroupShuffleXor(best, ROW_LANES << turn));
  }
  return best;
}
